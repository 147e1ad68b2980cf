"""Public channels beside the work; the second has had its day and is archived."""

from models.enums import ChannelKind
from server.demo.people import ANA, BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Adds, Archives, Joins, Keeps, Room, Says, Step, Talk

CAFEZINHO = Room(
    ChannelKind.PUBLIC,
    "Cafezinho ☕",
    opened=Step(22, "16:00"),
    owner=CARLA,
    members=(DAVI, ELISA),
    description="Tudo menos trabalho.",
    icon="coffee",
    color="#ae3ec9",
    steps=(
        Joins(21, "16:10", BRUNO),
        Talk(
            21,
            "16:20",
            (
                Says(ELISA, "Receita do bolo de fubá, como prometido: https://example.com/receitas/fuba"),
                Says(DAVI, "Com goiabada dentro?", back=1, reactions={"🤤": (CARLA, BRUNO)}),
                Says(ELISA, "Sempre. 😌", back=1),
            ),
        ),
        Talk(
            10,
            "12:40",
            (
                Says(BRUNO, "Alguém para o futebol de quarta? Faltam dois."),
                Says(DAVI, "Eu! E levo meu irmão.", back=1, reactions={"⚽": (BRUNO,)}),
            ),
        ),
        Keeps(8, "10:00", BRUNO, muted=True),
        Talk(
            2,
            "16:15",
            (
                Says(CARLA, "Série nova sobre um call center. Terapia ou gatilho? 😅"),
                Says(DAVI, "Gatilho. Vi dois episódios e já quis abrir um chamado.", reactions={"😂": (CARLA,)}),
            ),
        ),
        Talk(1, "17:50", (Says(CARLA, "Sobrou bolo na copa, corram! 🍰"),)),
    ),
)

MUDANCA = Room(
    ChannelKind.PUBLIC,
    "Mudança de escritório",
    opened=Step(24, "14:00"),
    owner=CARLA,
    members=(ANA, DAVI),
    description="Tudo sobre a mudança para o 9º andar.",
    icon="box",
    color="#868e96",
    steps=(
        Talk(
            24,
            "14:10",
            (
                Says(CARLA, "A mudança é no sábado. Deixem as gavetas vazias até sexta às 18h."),
                Says(DAVI, "As plantas vão também?", back=1),
                Says(CARLA, "Vão com a Ana, que não confia no caminhão. 🌱", reactions={"😂": (ANA, DAVI)}),
            ),
        ),
        Adds(20, "09:00", CARLA, (BRUNO,)),
        Talk(
            20,
            "09:10",
            (
                Says(CARLA, "Tudo no lugar. Faltou uma caixa de cabos, etiqueta 14."),
                Says(BRUNO, "Achei, estava na copa."),
            ),
        ),
        Archives(12, "09:00", CARLA),
    ),
)

ROOMS = (CAFEZINHO, MUDANCA)
