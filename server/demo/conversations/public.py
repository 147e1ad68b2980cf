"""Public channels of the whole company; Produto is one that Davi has not joined."""

from models.enums import ChannelKind, MemberRole
from server.demo.people import ANA, BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Joins, Keeps, Leaves, Promotes, Renames, Room, Says, Step, Talk

GERAL = Room(
    ChannelKind.PUBLIC,
    "Geral",
    opened=Step(25, "08:30"),
    owner=ANA,
    members=(BRUNO, CARLA, DAVI, ELISA),
    description="Conversa da empresa inteira.",
    icon="home",
    color="#5b6cff",
    steps=(
        Promotes(25, "08:35", ANA, CARLA, MemberRole.ADMIN),
        Keeps(25, "09:30", BRUNO, favourite=True),
        Talk(
            25,
            "09:10",
            (
                Says(ANA, "Bom dia, pessoal! Este é o nosso novo ponto de encontro. 👋"),
                Says(BRUNO, "Bom dia! Finalmente tudo num lugar só.", reactions={"💯": (CARLA, ELISA)}),
                Says(CARLA, "Bom dia! Já dá para mencionar times inteiros? @Suporte teste", back=2),
                Says(DAVI, "Chegou aqui 😄", back=1, reactions={"😂": (CARLA,)}),
                Says(ELISA, "E aqui, no celular também."),
            ),
        ),
        Talk(
            19,
            "14:00",
            (
                Says(ANA, "Quem vai ao meetup de atendimento na quinta?"),
                Says(DAVI, "Eu vou!", back=1),
                Says(ELISA, "Eu também, posso dar carona saindo da Paulista.", back=2, reactions={"🚗": (DAVI,)}),
                Says(BRUNO, "Não consigo, mas quero os slides depois."),
            ),
        ),
        Talk(
            16,
            "11:20",
            (
                Says(
                    DAVI, "Os slides do meetup: https://example.com/meetup/atendimento.pdf", reactions={"🙏": (BRUNO,)}
                ),
                Says(BRUNO, "Valeu, @Davi! A parte sobre filas por prioridade é ouro."),
            ),
        ),
        Talk(
            9,
            "17:30",
            (
                Says(
                    ELISA,
                    "Gente, hoje é meu último dia. Foram três anos muito bons; obrigada por tudo! 💛",
                    reactions={"💛": (ANA, BRUNO, CARLA, DAVI), "😢": (DAVI,)},
                ),
                Says(ANA, "Obrigada por tudo, @Elisa! As portas ficam abertas.", back=1),
                Says(CARLA, "Vou sentir falta das suas macros. Sucesso! 🥹", back=2),
                Says(BRUNO, "Sucesso, Elisa! O onboarding que você escreveu fica para a história.", back=3),
            ),
        ),
        Talk(
            5,
            "09:05",
            (
                Says(CARLA, "Bom dia! Alguém viu o adaptador HDMI da sala 2?"),
                Says(DAVI, "Está comigo, devolvo em dez minutos.", back=1),
                Says(CARLA, "esquece, achei outro", deleted=True),
            ),
        ),
        Talk(
            1,
            "16:10",
            (
                Says(CARLA, "@Ana, o fornecedor do café pediu para confirmar a entrega de sexta."),
                Says(DAVI, "E dá para pedir o descafeinado desta vez? ☕", back=1),
                Says(CARLA, "@Bruno e @Davi, respondam a pesquisa de clima até sexta, faltam só vocês dois."),
            ),
        ),
    ),
)

PRODUTO = Room(
    ChannelKind.PUBLIC,
    "Roadmap",
    opened=Step(24, "09:00"),
    owner=BRUNO,
    members=(ANA,),
    description="O que vem por aí, e por quê.",
    icon="map",
    color="#0ca678",
    steps=(
        Renames(24, "09:20", BRUNO, "Produto"),
        Joins(24, "10:00", CARLA),
        Joins(24, "10:05", ELISA),
        Talk(
            24,
            "10:30",
            (
                Says(BRUNO, "Três candidatos para o trimestre: disparos agendados, funil por equipe e SLA por canal."),
                Says(
                    CARLA,
                    "O suporte vota em **SLA por canal**: é a pergunta que mais chega.",
                    reactions={"👍": (ELISA,)},
                ),
                Says(ANA, "Vendas perde negócio por falta do funil por equipe. Dá para os dois?", back=2),
                Says(BRUNO, "Funil agora, SLA logo depois; disparos já estão quase prontos."),
            ),
        ),
        Talk(
            13,
            "15:00",
            (
                Says(BRUNO, "Protótipo do funil por equipe: https://example.com/prototipos/funil"),
                Says(ANA, "Gostei. O total por etapa precisa aparecer sem rolar a tela.", back=1),
                Says(ELISA, "E as cores por equipe confundem com as das etiquetas.", back=2),
                Says(BRUNO, "Anotado, sai na próxima versão.", reactions={"✅": (ANA, ELISA)}),
            ),
        ),
        Talk(
            3,
            "11:00",
            (
                Says(CARLA, "Dois clientes pediram exportar as conversas filtradas. Abro uma ideia?"),
                Says(BRUNO, "Abre sim, e marca quem pediu: quero conversar com eles.", back=1),
            ),
        ),
        Talk(1, "14:30", (Says(CARLA, "@Bruno, abri a ideia da exportação com os dois contatos. Consegue ver hoje?"),)),
    ),
)

VENDAS = Room(
    ChannelKind.PUBLIC,
    "Vendas",
    opened=Step(24, "11:00"),
    owner=ANA,
    members=(BRUNO, DAVI),
    description="Negócios, propostas e metas.",
    icon="chart",
    color="#f08c00",
    steps=(
        Keeps(20, "09:00", DAVI, favourite=True),
        Talk(
            23,
            "09:40",
            (
                Says(DAVI, "Clínica Vida Plena pediu proposta para 12 agentes."),
                Says(ANA, "Ótimo! Usa a tabela nova e oferece o plano anual.", back=1),
                Says(DAVI, "Enviada. Retorno prometido para quinta.", reactions={"🤞": (ANA, BRUNO)}),
            ),
        ),
        Talk(
            17,
            "16:20",
            (
                Says(
                    DAVI, "Vida Plena **fechou**! 12 agentes, anual. 🎉", reactions={"🎉": (ANA, BRUNO), "🔔": (ANA,)}
                ),
                Says(ANA, "Parabéns, @Davi! Primeira conta sua do começo ao fim."),
            ),
        ),
        Leaves(12, "10:00", BRUNO),
        Talk(
            6,
            "10:15",
            (
                Says(ANA, "Faltam R$ 18 mil para a meta do mês. O que está mais perto?"),
                Says(DAVI, "Nordeste Turismo (R$ 9 mil) e Escola Girassol (R$ 6 mil), as duas em negociação.", back=1),
                Says(ANA, "Foco nelas. Eu ligo para a Girassol, você fica com a Nordeste."),
            ),
        ),
        Talk(
            1,
            "10:05",
            (
                Says(ANA, "@Davi, a Nordeste respondeu? A diretora deles me procurou ontem à noite."),
                Says(
                    ANA,
                    "Se precisar de desconto, até 8% está aprovado.",
                    edited="Se precisar de desconto, até 10% está aprovado.",
                ),
            ),
        ),
    ),
)

ROOMS = (GERAL, PRODUTO, VENDAS)
