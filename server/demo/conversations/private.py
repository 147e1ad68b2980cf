"""Private channels: Davi is not in the first two, and cannot tell that they exist."""

from models.enums import ChannelKind, MemberRole
from server.demo.people import ANA, BRUNO, CARLA, DAVI
from server.demo.script import Adds, Keeps, Promotes, Room, Says, Step, Talk

LIDERANCA = Room(
    ChannelKind.PRIVATE,
    "Liderança",
    opened=Step(24, "08:20"),
    owner=ANA,
    members=(BRUNO, CARLA),
    description="Pessoas, metas e orçamento.",
    icon="lock",
    color="#364fc7",
    steps=(
        Talk(
            24,
            "08:40",
            (
                Says(ANA, "Aqui ficam contratações e orçamento. Nada disto sai do canal, por favor."),
                Says(CARLA, "Preciso de mais uma pessoa no suporte até o fim do trimestre.", back=1),
                Says(BRUNO, "Apoio. O tempo de primeira resposta subiu 20% em um mês.", back=1),
            ),
        ),
        Talk(
            15,
            "18:00",
            (
                Says(ANA, "A Elisa me contou que vai sair. Vamos abrir a vaga dela e mais uma."),
                Says(CARLA, "Triste, mas ela merece. Preparo a descrição até quarta.", reactions={"👍": (ANA,)}),
                Says(BRUNO, "Posso fazer as entrevistas técnicas."),
            ),
        ),
        Talk(
            8,
            "10:30",
            (
                Says(CARLA, "Sete candidaturas, três muito boas: https://example.com/vagas/suporte"),
                Says(ANA, "Gostei da segunda. Chamamos para quinta?", back=1, reactions={"✅": (CARLA, BRUNO)}),
            ),
        ),
        Talk(
            1,
            "15:45",
            (Says(CARLA, "Proposta aceita! Começa dia 1º. @Ana assina o contrato? @Bruno prepara o acesso?"),),
        ),
    ),
)

AURORA = Room(
    ChannelKind.PRIVATE,
    "Aurora Foods escalation",
    opened=Step(15, "13:00"),
    owner=BRUNO,
    members=(CARLA,),
    description="Their webhooks lose events. Daily update until it is solved.",
    icon="fire",
    color="#e03131",
    steps=(
        Keeps(15, "13:30", BRUNO, favourite=True, note="Contact: Helen, +44, prefers e-mail. Never call before 10h."),
        Talk(
            15,
            "13:05",
            (
                Says(BRUNO, "Aurora Foods lost 43 webhook events since Monday. They are our largest account abroad."),
                Says(CARLA, "I have Helen on the line. She needs a written timeline by tomorrow.", back=1),
                Says(BRUNO, "First finding: our retries stop after the second 503. It should be five."),
                Says(CARLA, "That explains the gaps between 02:00 and 02:30 UTC.", back=1, reactions={"🎯": (BRUNO,)}),
            ),
        ),
        Adds(14, "09:00", BRUNO, (ANA,)),
        Promotes(14, "09:01", BRUNO, CARLA, MemberRole.ADMIN),
        Talk(
            14,
            "09:10",
            (
                Says(ANA, "Thanks for adding me. What do they lose in money?"),
                Says(CARLA, "Around 30 late orders a day. Nothing cancelled so far.", back=1),
                Says(ANA, "Offer them a month of credit if the fix takes longer than a week."),
            ),
        ),
        Talk(
            7,
            "17:20",
            (
                Says(BRUNO, "The fix shipped with 4.20. Replaying the lost events now."),
                Says(BRUNO, "43 of 43 replayed.", reactions={"🎉": (ANA, CARLA)}),
                Says(CARLA, "Helen confirmed. She asks for a post-mortem.", back=1),
            ),
        ),
        Talk(
            1,
            "14:05",
            (
                Says(
                    BRUNO,
                    "Post-mortem draft: https://example.com/postmortems/aurora\n\n@Carla, can you check the timeline?",
                ),
                Says(BRUNO, "@Ana, it needs your approval before it leaves the house."),
            ),
        ),
    ),
)

PLANTAO = Room(
    ChannelKind.PRIVATE,
    "Plantão de fim de semana",
    opened=Step(21, "09:00"),
    owner=CARLA,
    members=(BRUNO, DAVI),
    description="Escala, trocas e passagem de turno.",
    icon="moon",
    color="#1098ad",
    steps=(
        Talk(
            21,
            "09:10",
            (
                Says(CARLA, "Escala do mês: 1º fim de semana Davi, 2º Bruno, 3º eu, 4º Davi."),
                Says(DAVI, "Posso trocar o 4º com alguém? É aniversário da minha mãe.", back=1),
                Says(BRUNO, "Troco com você.", back=1, reactions={"🙏": (DAVI,)}),
            ),
        ),
        Talk(
            12,
            "20:00",
            (
                Says(DAVI, "Passagem: 14 conversas, 2 pendentes (Ótica Clara e Mercado Bom Preço)."),
                Says(CARLA, "Assumo as duas segunda cedo. Obrigada!", back=1),
            ),
        ),
        Talk(1, "17:10", (Says(CARLA, "@Davi, confirma o plantão deste sábado? @Bruno fica de reserva."),)),
    ),
)

ROOMS = (LIDERANCA, AURORA, PLANTAO)
