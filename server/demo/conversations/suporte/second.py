"""Everyday questions; Aurora's webhooks begin to fail."""

from chat.cards import ItemRef
from models.enums import ItemKind
from server.demo.people import ANA, BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Says, Talk

TALKS = (
    Talk(
        18,
        "09:40",
        (
            Says(BRUNO, "Instabilidade no Instagram desde 9h20, do lado deles. Usem a `/instabilidade`."),
            Says(DAVI, "Já são 7 clientes perguntando.", back=1),
            Says(CARLA, "Coloquei aviso no topo da página de status."),
            Says(BRUNO, "Normalizou às 10h35. As mensagens presas estão chegando."),
            Says(
                CARLA,
                "Obrigada, @Suporte: ninguém ficou sem resposta.",
                reactions={
                    "💪": (
                        BRUNO,
                        DAVI,
                        ELISA,
                    )
                },
            ),
        ),
    ),
    Talk(
        18,
        "16:20",
        (
            Says(DAVI, "Nordeste Turismo quer saber se o agendamento de disparo já existe."),
            Says(BRUNO, "Sai na 4.20, em duas semanas.", back=1),
            Says(DAVI, "Posso prometer?"),
            Says(BRUNO, "Pode dizer *previsto*. Prometer, não. 😉", reactions={"😂": (CARLA,)}),
        ),
    ),
    Talk(
        17,
        "10:15",
        (
            Says(ELISA, "Ferragens União perdeu acesso: o dono saiu da empresa e era o único administrador."),
            Says(CARLA, "Peça o contrato social e um e-mail do novo responsável. Depois a Ana libera.", back=1),
            Says(ELISA, "Recebidos e conferidos."),
            Says(CARLA, "Pronto, acesso transferido."),
        ),
    ),
    Talk(
        17,
        "14:50",
        (
            Says(DAVI, "Como eu vejo quem alterou uma automação?"),
            Says(BRUNO, "Auditoria → Automações. Guarda 180 dias.", back=1),
            Says(DAVI, "Achei: foi o próprio cliente. 🙈", reactions={"😅": (CARLA,)}),
        ),
    ),
    Talk(
        16,
        "09:25",
        (
            Says(CARLA, "Bom dia! Temos 31 na fila; hoje é dia de cobrança em vários clientes."),
            Says(DAVI, "Quase tudo é segunda via de boleto.", back=1),
            Says(ELISA, "Usem `/segunda-via`, ela já busca o link da cobrança."),
            Says(
                DAVI,
                "Resolvi 12 em meia hora com ela.",
                reactions={
                    "🔥": (
                        CARLA,
                        ELISA,
                    )
                },
            ),
        ),
    ),
    Talk(
        16,
        "15:30",
        (
            Says(BRUNO, "Quem atende a Aurora Foods, me chamem antes de responder sobre webhooks."),
            Says(CARLA, "Combinado. Eles escreveram de novo agora.", back=1),
            Says(BRUNO, "Vou abrir um canal só para isso."),
        ),
    ),
    Talk(
        15,
        "10:05",
        (
            Says(DAVI, "Padaria Estrela quer cobrar por Pix dentro da conversa."),
            Says(ELISA, "Chegou na 4.19, mas depende do plano. O deles tem.", back=1),
            Says(DAVI, "Mostrei por vídeo, adoraram."),
            Says(ELISA, "Grava um vídeo curto, que a gente usa com os outros?", back=1),
            Says(
                DAVI,
                "Gravado: https://example.com/videos/pix",
                reactions={
                    "👏": (
                        BRUNO,
                        CARLA,
                        ELISA,
                    )
                },
            ),
        ),
    ),
    Talk(
        15,
        "16:10",
        (
            Says(CARLA, "Clínica Vida Plena pediu treinamento para 12 agentes."),
            Says(DAVI, "Posso fazer? Foi minha venda.", back=1),
            Says(CARLA, "Pode! Leva o roteiro da Elisa."),
            Says(ELISA, "Está na base, pasta Onboarding.", back=1),
        ),
    ),
    Talk(
        14,
        "09:10",
        (
            Says(BRUNO, "4.19 no ar. O CSAT duplicado está corrigido."),
            Says(ELISA, "Mercado Bom Preço confirmou.", reactions={"✅": (BRUNO,)}),
            Says(DAVI, "E o modo escuro do aplicativo ficou lindo."),
        ),
    ),
    Talk(
        14,
        "14:35",
        (
            Says(DAVI, "Livraria Sabiá: ao exportar, os acentos saem trocados no Excel."),
            Says(CARLA, "Abrir como UTF-8, ou usar a opção *CSV para Excel*.", back=1),
            Says(DAVI, "A opção resolveu."),
        ),
    ),
    Talk(
        13,
        "10:20",
        (
            Says(ELISA, "Pet Feliz quer dois números no mesmo canal."),
            Says(BRUNO, "Não dá: um canal por número. Mas a mesma equipe atende os dois.", back=1),
            Says(ELISA, "Expliquei com um desenho, entenderam."),
            Says(CARLA, "Guarda o desenho na base!", reactions={"🎨": (DAVI,)}),
        ),
    ),
    Talk(
        13,
        "16:30",
        (
            Says(DAVI, "AutoPeças Horizonte perguntou do funil por equipe."),
            Says(BRUNO, "Em desenvolvimento; mostro o protótipo se toparem dar opinião.", back=1),
            Says(DAVI, "Toparam, quinta às 10h."),
        ),
    ),
    Talk(
        12,
        "09:15",
        (
            Says(CARLA, "Bom dia! Pendências do fim de semana: Ótica Clara e Mercado Bom Preço. Já assumi."),
            Says(DAVI, "Obrigado, @Carla! A Ótica mandou foto do erro na conversa.", back=1),
            Says(CARLA, "Vi. É o navegador deles, de 2019. 😬"),
        ),
    ),
    Talk(
        12,
        "15:00",
        (
            Says(ELISA, "Alguém sabe por que a etiqueta *vip* sumiu na Escola Girassol?"),
            Says(DAVI, "Renomearam para *prioridade*. Está na auditoria.", back=1),
            Says(ELISA, "Olha só, o aprendiz ensinando. 👏", reactions={"😎": (DAVI,)}),
        ),
    ),
    Talk(
        11,
        "10:40",
        (
            Says(BRUNO, "Teste de carga hoje às 14h. Se algo ficar lento, avisem aqui."),
            Says(CARLA, "Tudo normal às 14h10.", back=1),
            Says(DAVI, "Às 14h25 a busca demorou uns 5 segundos."),
            Says(BRUNO, "Era o pico do teste, obrigado. Já terminou.", back=1),
        ),
    ),
    Talk(
        3,
        "09:15",
        (
            Says(
                CARLA,
                "A Ótica Clara recebeu a armação errada. Está aqui:",
                shares=(ItemRef(ItemKind.CONVERSATION, "1042"),),
            ),
            Says(DAVI, "Deixei a tarefa para hoje.", back=1, shares=(ItemRef(ItemKind.TASK, "310"),)),
            Says(ANA, "A renovação deles é este mês, tratem com carinho.", shares=(ItemRef(ItemKind.DEAL, "77"),)),
            Says(
                ANA,
                "E @Davi, o outro grande está assim. Os demais veem que há um negócio, e nada dele.",
                shares=(ItemRef(ItemKind.DEAL, "78"),),
            ),
        ),
    ),
)
