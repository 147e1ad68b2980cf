"""Announcements: everybody reads, a few write."""

from models.enums import ChannelKind, NotificationLevel
from server.demo.people import ANA, BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Keeps, LetsPost, Room, Says, Step, Talk

COMUNICADOS = Room(
    ChannelKind.ANNOUNCEMENT,
    "Comunicados",
    opened=Step(25, "08:40"),
    owner=ANA,
    description="Avisos da empresa para todo mundo. Dúvidas? Fale no Geral.",
    icon="megaphone",
    color="#d9480f",
    steps=(
        LetsPost(25, "08:42", ANA, (CARLA,)),
        Talk(
            25,
            "09:00",
            (
                Says(
                    ANA,
                    "Sejam bem-vindos ao chat interno! 🎉\n\n"
                    "A partir de hoje os avisos da empresa saem **por aqui**, e não mais por e-mail.",
                    reactions={"🎉": (BRUNO, CARLA, DAVI, ELISA), "❤️": (ELISA,)},
                ),
            ),
        ),
        Talk(
            18,
            "10:00",
            (
                Says(
                    CARLA,
                    "Novo horário do plantão a partir de segunda:\n\n"
                    "- manhã: 8h às 12h\n- tarde: 12h às 18h\n- noite (só chat): 18h às 21h",
                    reactions={"👍": (BRUNO, DAVI)},
                ),
            ),
        ),
        Talk(
            11,
            "09:30",
            (
                Says(
                    ANA,
                    "Resultado do trimestre: crescemos 18% em contas ativas e o CSAT subiu para 4,7. "
                    "Obrigada a cada um de vocês!",
                    reactions={"👏": (BRUNO, CARLA, DAVI, ELISA), "🚀": (BRUNO,)},
                ),
            ),
        ),
        Talk(
            4,
            "15:00",
            (
                Says(
                    ANA,
                    "Sexta-feira o escritório fecha às 16h. O plantão da tarde atende de casa.",
                    edited="Sexta-feira o escritório fecha às **15h**. O plantão da tarde atende de casa.",
                    reactions={"🏖️": (DAVI,)},
                ),
            ),
        ),
        Talk(
            1,
            "16:40",
            (
                Says(
                    CARLA,
                    "@all amanhã às 7h há uma janela de manutenção de 15 minutos no WhatsApp. "
                    "Avisem os clientes que abrem cedo, por favor.",
                ),
            ),
        ),
    ),
)

RELEASE_NOTES = Room(
    ChannelKind.ANNOUNCEMENT,
    "Release notes",
    opened=Step(22, "09:00"),
    owner=BRUNO,
    description="What shipped, in English, one post per release.",
    icon="rocket",
    color="#2f9e44",
    steps=(
        Keeps(20, "09:00", DAVI, level=NotificationLevel.MENTIONS),
        Talk(
            21,
            "17:00",
            (
                Says(
                    BRUNO,
                    "**4.18** is out.\n\n- Macros can now set the priority of a conversation\n"
                    "- The inbox loads twice as fast with more than 50 labels\n"
                    "- Fixed: duplicated contacts after a CSV import",
                    reactions={"🚀": (ANA, CARLA)},
                ),
            ),
        ),
        Talk(
            14,
            "17:10",
            (
                Says(
                    BRUNO,
                    "**4.19** is out.\n\n- Pix charges can be sent from the composer\n- Dark mode for the mobile app\n"
                    "- Fixed: the CSAT survey was sent twice after a merge",
                    reactions={"🎉": (CARLA, DAVI), "🌙": (ELISA,)},
                ),
            ),
        ),
        Talk(
            7,
            "17:05",
            (
                Says(
                    BRUNO,
                    "**4.20** is out.\n\n- Scheduled WhatsApp broadcasts\n- Deals can be filtered by team\n"
                    "- Fixed: webhooks were retried only twice instead of five times",
                    reactions={"🙌": (ANA,)},
                ),
            ),
        ),
        Talk(1, "17:30", (Says(BRUNO, "**4.20.1**: fixes the order of labels in the sidebar. No action needed."),)),
    ),
)

ROOMS = (COMUNICADOS, RELEASE_NOTES)
