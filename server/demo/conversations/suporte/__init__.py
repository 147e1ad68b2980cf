"""The channel that is long enough for a client to page through.

Everybody is in it and its last word is the newest of all, so GraphiQL fills it into every agent's examples: what one
window sends, another sees.
"""

from models.enums import ChannelKind, MemberRole, NotificationLevel
from server.demo.conversations.suporte import first, second, third
from server.demo.people import ANA, BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Joins, Keeps, Promotes, Room, Step

ROOM = Room(
    ChannelKind.PUBLIC,
    "Suporte",
    opened=Step(24, "08:50"),
    owner=CARLA,
    members=(BRUNO, DAVI, ELISA),
    description="Dúvidas do dia a dia do atendimento.",
    icon="headset",
    color="#1c7ed6",
    steps=(
        Promotes(24, "08:55", CARLA, BRUNO, MemberRole.ADMIN),
        Keeps(24, "09:30", CARLA, favourite=True, note="Segunda: fila. Quarta: relatório. Sexta: macros."),
        Keeps(23, "12:00", BRUNO, level=NotificationLevel.MENTIONS),
        Joins(6, "09:00", ANA),
        *first.TALKS,
        *second.TALKS,
        *third.TALKS,
    ),
)
