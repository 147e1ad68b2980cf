"""Who speaks in the demo, by the ids that the script and the sign-in picker use."""

from models.enums import AgentRole
from server.demo.script import Person

ANA, BRUNO, CARLA, DAVI, ELISA = "1", "2", "3", "4", "5"
OTTO, PAULA = "21", "22"

CONVERSA_LABS = (
    Person(ANA, "Ana", AgentRole.ADMINISTRATOR),
    Person(BRUNO, "Bruno"),
    Person(CARLA, "Carla"),
    Person(DAVI, "Davi"),
    Person(ELISA, "Elisa"),
)

OUTRA_EMPRESA = (
    Person(OTTO, "Otto", AgentRole.ADMINISTRATOR),
    Person(PAULA, "Paula"),
)
