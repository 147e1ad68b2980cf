"""The items of the demo's nine modules, for cards to be shared of. Not everybody may see each: of most kinds one is
hidden from somebody, and one item of three kinds is gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat.cards import DetailValue, ItemRef
from models.enums import ItemKind
from server.demo.people import BRUNO, CARLA, DAVI, ELISA, PAULA
from sources.demo import DemoItem, DemoItems

PLATFORM = "https://app.example.com"
PATHS = {
    ItemKind.CONVERSATION: "conversations",
    ItemKind.CONTACT: "contacts",
    ItemKind.DEAL: "deals",
    ItemKind.TASK: "tasks",
    ItemKind.CATALOG_PRODUCT: "products",
    ItemKind.CHARGE: "charges",
    ItemKind.CALENDAR_EVENT: "events",
    ItemKind.WHATSAPP_BROADCAST: "broadcasts",
    ItemKind.CAMPAIGN: "campaigns",
}


@dataclass(frozen=True)
class ItemLine:
    kind: ItemKind
    id: str
    title: str
    summary: str | None = None
    details: Mapping[str, DetailValue] = field(default_factory=dict)
    hidden_from: tuple[str, ...] = ()
    removed: bool = False

    def item(self) -> DemoItem:
        url = f"{PLATFORM}/{PATHS[self.kind]}/{self.id}"
        return DemoItem(self.title, url, self.summary, self.details, frozenset(self.hidden_from), self.removed)


CONVERSATIONS = (
    ItemLine(
        ItemKind.CONVERSATION,
        "1042",
        "Conversa #1042 com Ótica Clara",
        "O pedido chegou com a armação errada; o cliente quer trocar.",
        {"status": "open", "inbox": "WhatsApp", "assignee": "Carla", "contact": "Ótica Clara"},
    ),
    ItemLine(
        ItemKind.CONVERSATION,
        "1043",
        "Conversa #1043 com Mercado Bom Preço",
        "Dúvida sobre a segunda via do boleto.",
        {"status": "pending", "inbox": "E-mail", "assignee": "Davi", "contact": "Mercado Bom Preço"},
        hidden_from=(BRUNO,),
    ),
)
CONTACTS = (
    ItemLine(
        ItemKind.CONTACT,
        "501",
        "Marina Lopes",
        "Compradora da Ótica Clara.",
        {"email": "marina@otica-clara.example", "phone": "+55 11 95555-0101", "company": "Ótica Clara"},
    ),
    ItemLine(
        ItemKind.CONTACT,
        "502",
        "Paulo Reis",
        "Diretor do Grupo Aurora.",
        {"email": "paulo@aurora.example", "phone": "+55 11 95555-0102", "company": "Grupo Aurora"},
        hidden_from=(BRUNO, CARLA, DAVI, ELISA),
    ),
)
DEALS = (
    ItemLine(
        ItemKind.DEAL,
        "77",
        "Renovação anual da Ótica Clara",
        "12 licenças, com o módulo de campanhas.",
        {"stage": "Proposta enviada", "amount": "18400.00", "currency": "BRL"},
    ),
    ItemLine(
        ItemKind.DEAL,
        "78",
        "Grupo Aurora: 40 licenças",
        "Negociação sob sigilo até a assinatura.",
        {"stage": "Negociação", "amount": "96000.00", "currency": "BRL"},
        hidden_from=(BRUNO, CARLA, ELISA),
    ),
    ItemLine(ItemKind.DEAL, "79", "Piloto da Padaria Sol", hidden_from=(CARLA,), removed=True),
)
TASKS = (
    ItemLine(
        ItemKind.TASK,
        "310",
        "Ligar para a Ótica Clara sobre a troca",
        None,
        {"status": "open", "due_date": "2030-01-15", "assignee": "Carla"},
    ),
    ItemLine(
        ItemKind.TASK,
        "311",
        "Revisar o contrato do Grupo Aurora",
        "Cláusula de reajuste e prazo de implantação.",
        {"status": "in progress", "due_date": "2030-01-20", "assignee": "Ana"},
        hidden_from=(BRUNO, CARLA, ELISA),
    ),
)
PRODUCTS = (
    ItemLine(
        ItemKind.CATALOG_PRODUCT,
        "9001",
        "Plano Equipe, 12 meses",
        "Até 15 agentes, com campanhas e agenda.",
        {"price": "1533.33", "currency": "BRL", "sku": "PLN-EQP-12", "availability": "in stock"},
    ),
    ItemLine(ItemKind.CATALOG_PRODUCT, "9002", "Plano Piloto, 3 meses", removed=True),
)
CHARGES = (
    ItemLine(
        ItemKind.CHARGE,
        "6001",
        "Mensalidade da Ótica Clara",
        "Segunda via enviada por e-mail.",
        {"amount": "1533.33", "currency": "BRL", "status": "overdue", "due_date": "2030-01-10"},
    ),
    ItemLine(
        ItemKind.CHARGE,
        "6002",
        "Implantação do Grupo Aurora",
        None,
        {"amount": "12000.00", "currency": "BRL", "status": "pending", "due_date": "2030-02-01"},
        hidden_from=(BRUNO, CARLA, DAVI, ELISA),
    ),
)
EVENTS = (
    ItemLine(
        ItemKind.CALENDAR_EVENT,
        "801",
        "Demonstração para a Ótica Clara",
        "Mostrar o módulo de campanhas.",
        {"start": "2030-01-16T10:00:00-03:00", "end": "2030-01-16T11:00:00-03:00", "place": "Sala 2"},
    ),
    ItemLine(
        ItemKind.CALENDAR_EVENT,
        "802",
        "Conversa de desempenho",
        None,
        {"start": "2030-01-17T15:00:00-03:00", "end": "2030-01-17T15:30:00-03:00", "place": "Sala 1"},
        hidden_from=(CARLA, DAVI, ELISA),
    ),
)
BROADCASTS = (
    ItemLine(
        ItemKind.WHATSAPP_BROADCAST,
        "71",
        "Aviso de manutenção de domingo",
        "O painel fica fora do ar das 2h às 4h.",
        {"status": "scheduled", "scheduled_at": "2030-01-18T18:00:00-03:00", "recipients": 1840},
    ),
    ItemLine(
        ItemKind.WHATSAPP_BROADCAST,
        "72",
        "Pesquisa de satisfação",
        None,
        {"status": "draft", "recipients": 320},
        hidden_from=(CARLA,),
    ),
)
CAMPAIGNS = (
    ItemLine(
        ItemKind.CAMPAIGN,
        "41",
        "Volta às aulas",
        "Dois meses grátis no plano Equipe.",
        {
            "status": "active",
            "channel": "WhatsApp",
            "start": "2030-01-05T08:00:00-03:00",
            "end": "2030-02-05T20:00:00-03:00",
        },
    ),
    ItemLine(ItemKind.CAMPAIGN, "42", "Lançamento com o Grupo Aurora", None, {"status": "draft"}, hidden_from=(DAVI,)),
    ItemLine(ItemKind.CAMPAIGN, "43", "Natal do ano passado", removed=True),
)

ITEMS: Mapping[str, tuple[ItemLine, ...]] = {
    "1": (
        *CONVERSATIONS,
        *CONTACTS,
        *DEALS,
        *TASKS,
        *PRODUCTS,
        *CHARGES,
        *EVENTS,
        *BROADCASTS,
        *CAMPAIGNS,
    ),
    # The same id as in the first account: ids are unique within an account only.
    "2": (
        ItemLine(ItemKind.DEAL, "77", "Contrato da Livraria Norte", None, {"stage": "Novo"}),
        ItemLine(ItemKind.CONTACT, "501", "Rita Prado", None, {"company": "Livraria Norte"}, hidden_from=(PAULA,)),
    ),
}


def load_items() -> DemoItems:
    """Returns the items of all accounts of the demo."""
    return {
        (account_id, ItemRef(line.kind, line.id)): line.item() for account_id, lines in ITEMS.items() for line in lines
    }
