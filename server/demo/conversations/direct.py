"""Direct messages. The one with Elisa is from before she left: it can be read, and not answered."""

from models.enums import ChannelKind
from server.demo.people import ANA, BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Keeps, Room, RoomStep, Says, Step, Talk


def _direct(opener: str, peer: str, opened: Step, *steps: RoomStep) -> Room:
    """The name only tells the rooms of the script apart."""
    return Room(ChannelKind.DIRECT, f"{opener} with {peer}", opened, opener, (peer,), steps=steps)


ANA_BRUNO = _direct(
    ANA,
    BRUNO,
    Step(24, "17:00"),
    Keeps(20, "08:00", ANA, favourite=True),
    Talk(
        24,
        "17:00",
        (
            Says(ANA, "Bruno, consegue apresentar o roadmap na reunião de segunda?"),
            Says(BRUNO, "Consigo. Dez minutos bastam?", back=1),
            Says(ANA, "Perfeito, obrigada!", reactions={"👍": (BRUNO,)}),
        ),
    ),
    Talk(
        6,
        "11:30",
        (
            Says(BRUNO, "Ana, o orçamento de infraestrutura passou do previsto em 7%."),
            Says(ANA, "Por causa da Aurora?", back=1),
            Says(BRUNO, "Em parte: o replay dos eventos dobrou a fila por dois dias."),
        ),
    ),
    Talk(1, "15:00", (Says(ANA, "Me liga quando puder? É sobre a nova contratação."), Says(ANA, "Nada urgente. 🙂"))),
)

BRUNO_CARLA = _direct(
    BRUNO,
    CARLA,
    Step(23, "10:00"),
    Talk(
        23,
        "10:00",
        (
            Says(BRUNO, "Carla, qual é a macro que responde o horário de atendimento?"),
            Says(CARLA, "`/horario`. Se for feriado, `/feriado`.", back=1),
            Says(BRUNO, "Salvou meu dia.", reactions={"🙌": (CARLA,)}),
        ),
    ),
    Talk(
        11,
        "14:20",
        (
            Says(
                CARLA, 'Segue o trecho que você pediu:\n\n```json\n{"event": "conversation_resolved", "retry": 2}\n```'
            ),
            Says(BRUNO, "É isso mesmo: parava na segunda tentativa.", back=1),
        ),
    ),
    Talk(
        1,
        "12:10",
        (Says(BRUNO, "Você consegue revisar o post-mortem até as 17h?"), Says(BRUNO, "É só a linha do tempo.")),
    ),
)

CARLA_DAVI = _direct(
    CARLA,
    DAVI,
    Step(22, "09:30"),
    Talk(
        22,
        "09:30",
        (
            Says(CARLA, "Davi, primeira semana! Qualquer dúvida me chama aqui."),
            Says(DAVI, "Obrigado! Como eu transfiro uma conversa para outro time?", back=1),
            Says(CARLA, "No painel da direita, em *Time responsável*. Ou digita `#` no campo de mensagem."),
            Says(DAVI, "Achei. 🙏"),
        ),
    ),
    Talk(
        2,
        "17:30",
        (
            Says(DAVI, "O cliente da Ferragens União mandou um áudio de 9 minutos. Existe transcrição?"),
            Says(CARLA, "Ainda não... ouve em 1,5x. 😅", back=1),
        ),
    ),
    Talk(1, "09:20", (Says(CARLA, "Passei a Ferragens União para você, com um resumo na nota interna."),)),
)

DAVI_ANA = _direct(
    DAVI,
    ANA,
    Step(17, "16:40"),
    Talk(
        17,
        "16:40",
        (
            Says(DAVI, "Obrigado pela força na Vida Plena, Ana!"),
            Says(ANA, "Mérito seu. A comissão sai neste mês.", back=1, reactions={"🎉": (DAVI,)}),
        ),
    ),
    Talk(1, "17:20", (Says(DAVI, "A Nordeste topou com 10% de desconto. Posso mandar o contrato?"),)),
)

CARLA_ANA = _direct(
    CARLA,
    ANA,
    Step(13, "09:00"),
    Talk(
        13,
        "09:00",
        (
            Says(CARLA, "Ana, posso tirar a sexta de folga? O Bruno cobre o plantão."),
            Says(ANA, "Claro! Registra no calendário.", back=1),
        ),
    ),
    Talk(1, "10:40", (Says(ANA, "O relatório de CSAT ficou ótimo, obrigada."),)),
    Talk(1, "11:20", (Says(ANA, "Só falta separar o WhatsApp do e-mail. Consegue até amanhã?"),)),
)

BRUNO_ELISA = _direct(
    BRUNO,
    ELISA,
    Step(20, "15:00"),
    Keeps(9, "18:00", BRUNO, note="As macros da Elisa estão na pasta Onboarding."),
    Talk(
        20,
        "15:00",
        (
            Says(BRUNO, "Elisa, onde ficam os textos do onboarding?"),
            Says(ELISA, "Na base de conhecimento, pasta **Onboarding**. O índice é a primeira página.", back=1),
            Says(BRUNO, "Achei, muito bem escrito.", reactions={"💛": (ELISA,)}),
        ),
    ),
    Talk(
        9,
        "16:50",
        (
            Says(ELISA, "Deixei as macros todas comentadas, e a lista do que ainda falta."),
            Says(BRUNO, "Você é demais. Boa sorte no novo desafio!", back=1),
            Says(ELISA, "Obrigada! A gente se vê por aí. 👋"),
        ),
    ),
)

ROOMS = (ANA_BRUNO, BRUNO_CARLA, CARLA_DAVI, DAVI_ANA, CARLA_ANA, BRUNO_ELISA)
