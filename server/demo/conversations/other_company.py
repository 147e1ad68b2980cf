"""The second account: nothing of it is ever seen from the first, nor the other way round."""

from models.enums import ChannelKind
from server.demo.people import OTTO, PAULA
from server.demo.script import LetsPost, Room, Says, Step, Talk

ROOMS = (
    Room(
        ChannelKind.PUBLIC,
        "Geral",
        opened=Step(20, "08:30"),
        owner=OTTO,
        members=(PAULA,),
        description="Nós dois, por enquanto.",
        steps=(
            Talk(
                20,
                "09:00",
                (
                    Says(OTTO, "Bem-vinda, Paula! Vamos testar o chat por aqui."),
                    Says(PAULA, "Oi, Otto! Está rápido.", back=1, reactions={"⚡": (OTTO,)}),
                ),
            ),
            Talk(
                8,
                "10:00",
                (
                    Says(PAULA, "Importei os 300 contatos da planilha antiga."),
                    Says(OTTO, "Excelente. Algum duplicado?", back=1),
                    Says(PAULA, "Onze, já juntei."),
                ),
            ),
            Talk(1, "10:00", (Says(OTTO, "@Paula, o primeiro cliente escreveu no WhatsApp! Responde?"),)),
            Talk(1, "14:00", (Says(PAULA, "Respondi! @Otto, ele quer o catálogo em PDF."),)),
        ),
    ),
    Room(
        ChannelKind.ANNOUNCEMENT,
        "Avisos",
        opened=Step(19, "09:00"),
        owner=OTTO,
        description="Só o que todos precisam saber.",
        icon="megaphone",
        color="#d9480f",
        steps=(
            LetsPost(19, "09:05", OTTO, (PAULA,)),
            Talk(
                19, "09:10", (Says(OTTO, "Atendemos de segunda a sexta, das 9h às 18h.", reactions={"👍": (PAULA,)}),)
            ),
            Talk(1, "11:30", (Says(OTTO, "@Paula cuida do feriado: nesse dia só o robô responde."),)),
        ),
    ),
    Room(
        ChannelKind.PRIVATE,
        "Contratos",
        opened=Step(15, "11:00"),
        owner=OTTO,
        description="Minutas e valores.",
        icon="lock",
        color="#364fc7",
        steps=(Talk(15, "11:10", (Says(OTTO, "Minuta padrão: https://example.com/minutas/padrao"),)),),
    ),
    Room(
        ChannelKind.DIRECT,
        "Otto with Paula",
        opened=Step(18, "17:00"),
        owner=OTTO,
        members=(PAULA,),
        steps=(
            Talk(
                18,
                "17:00",
                (
                    Says(OTTO, "Tudo certo com o seu acesso?"),
                    Says(PAULA, "Tudo! Só falta a assinatura de e-mail.", back=1),
                ),
            ),
            Talk(1, "09:10", (Says(OTTO, "Amanhã chego às 10h."),)),
        ),
    ),
)
