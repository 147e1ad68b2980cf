"""The demo's two accounts. Each agent last looked at another moment, so each has something unread."""

from server.demo.conversations import (
    announcements,
    direct,
    integrations,
    office,
    other_company,
    private,
    public,
    suporte,
)
from server.demo.people import ANA, BRUNO, CARLA, CONVERSA_LABS, DAVI, ELISA, OTTO, OUTRA_EMPRESA, PAULA
from server.demo.script import Company, Departs, Looks, Step

COMPANIES = (
    Company(
        id="1",
        name="Conversa Labs",
        founded=Step(25, "08:00"),
        people=CONVERSA_LABS,
        teams={"Suporte": (BRUNO, CARLA, DAVI), "Vendas": (ANA, DAVI)},
        rooms=(
            *public.ROOMS,
            suporte.ROOM,
            integrations.ROOM,
            *office.ROOMS,
            *private.ROOMS,
            *announcements.ROOMS,
            *direct.ROOMS,
        ),
        steps=(
            Departs(9, "18:30", ELISA),
            Looks(2, "18:40", DAVI),
            Looks(1, "11:00", CARLA),
            Looks(1, "13:00", BRUNO),
            Looks(1, "15:30", ANA),
        ),
    ),
    Company(
        id="2",
        name="Outra Empresa",
        founded=Step(20, "08:00"),
        people=OUTRA_EMPRESA,
        teams={"Atendimento": (OTTO, PAULA)},
        rooms=other_company.ROOMS,
        steps=(Looks(2, "18:00", PAULA), Looks(1, "12:00", OTTO)),
    ),
)
