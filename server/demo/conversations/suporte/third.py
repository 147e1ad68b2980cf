"""Elisa hands over and leaves; it goes on until yesterday."""

from server.demo.people import BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Says, Talk

TALKS = (
    Talk(
        10,
        "09:20",
        (
            Says(DAVI, "Studio Lumen importado! 4.112 conversas, nenhum erro."),
            Says(BRUNO, "Quem diria, com aquele CSV. 😅", back=1),
            Says(
                CARLA,
                "Parabéns aos dois!",
                reactions={
                    "🎉": (
                        BRUNO,
                        DAVI,
                        ELISA,
                    )
                },
            ),
        ),
    ),
    Talk(
        10,
        "15:15",
        (
            Says(ELISA, "Passagem das minhas contas: Ferragens União → @Davi, Ótica Clara → @Carla."),
            Says(DAVI, "Recebido. Alguma pegadinha na Ferragens?", back=1),
            Says(ELISA, "Eles mandam áudios longos. Muito longos.", back=1, reactions={"😂": (CARLA,)}),
            Says(CARLA, "Ótica comigo."),
        ),
    ),
    Talk(
        9,
        "09:05",
        (
            Says(CARLA, "Bom dia! Hoje é o último dia da Elisa: quem tem dúvida de macro, pergunte agora. 💛"),
            Says(DAVI, "Como eu faço uma macro com duas mensagens?", back=1),
            Says(ELISA, "Separa com uma linha só de três hífens.", back=1),
            Says(
                DAVI,
                "Você escondeu isso de mim por um mês!",
                reactions={
                    "😂": (
                        CARLA,
                        BRUNO,
                    )
                },
            ),
        ),
    ),
    Talk(
        9,
        "14:30",
        (
            Says(ELISA, "Última dica: revisem as etiquetas uma vez por mês, senão viram trezentas."),
            Says(
                CARLA,
                "Agendado no calendário do time.",
                back=1,
                reactions={
                    "📅": (
                        BRUNO,
                        DAVI,
                    )
                },
            ),
        ),
    ),
    Talk(
        8,
        "09:10",
        (
            Says(CARLA, "Primeira manhã sem a Elisa. Fila com 19. 🥲"),
            Says(DAVI, "As macros dela estão salvando a gente.", back=1, reactions={"💛": (BRUNO,)}),
            Says(BRUNO, "Fico até 11h no chat hoje para ajudar."),
        ),
    ),
    Talk(
        7,
        "11:00",
        (
            Says(DAVI, "Nordeste Turismo já está usando os disparos agendados?"),
            Says(BRUNO, "Sim, desde ontem: 1.200 contatos, 98% entregues.", back=1),
            Says(DAVI, "Vou usar esse número na proposta. 📈"),
        ),
    ),
    Talk(
        7,
        "15:40",
        (
            Says(DAVI, "Livraria Sabiá recebeu nota 1 no CSAT, com o comentário «foi ótimo»."),
            Says(CARLA, "Acontece: a pessoa achou que 1 era o primeiro lugar.", back=1),
            Says(DAVI, "Dá para corrigir?"),
            Says(BRUNO, "Não, e é bom que não dê. Mas a pesquisa pode mostrar carinhas em vez de números.", back=1),
            Says(CARLA, "Troquei para carinhas. 🙂"),
        ),
    ),
    Talk(
        6,
        "09:30",
        (
            Says(CARLA, "Bom dia! Três clientes perguntaram como exportar conversas filtradas."),
            Says(BRUNO, "Ainda não dá. Registra como ideia no Produto?", back=1),
            Says(CARLA, "Registro hoje."),
            Says(DAVI, "Mercado Bom Preço também pediu, soma mais um."),
        ),
    ),
    Talk(
        5,
        "14:40",
        (
            Says(DAVI, "Escola Girassol quer mensagem diferente por turno."),
            Says(CARLA, "Três horários de atendimento, um por time. Mostra o artigo 42.", back=1),
            Says(DAVI, "Feito, ficou ótimo."),
        ),
    ),
    Talk(
        4,
        "10:10",
        (
            Says(BRUNO, "Quem mexeu no robô da Pet Feliz? Está respondendo em inglês."),
            Says(DAVI, "O cliente trocou o idioma da conta sem querer. Já voltei.", back=1),
            Says(BRUNO, "Rápido!", reactions={"⚡": (CARLA,)}),
        ),
    ),
    Talk(
        4,
        "16:00",
        (
            Says(DAVI, "Clínica Vida Plena: treinamento feito! 12 agentes, duas horas, muitas perguntas boas."),
            Says(CARLA, "E a nota deles?", back=1),
            Says(
                DAVI,
                "4,9. O décimo que faltou foi o café. ☕",
                reactions={
                    "👏": (
                        CARLA,
                        BRUNO,
                    )
                },
            ),
        ),
    ),
    Talk(
        3,
        "09:00",
        (
            Says(CARLA, "Bom dia! CSAT da semana: 4,8. O melhor desde que medimos."),
            Says(DAVI, "Print para o mural! 📸", back=1, reactions={"🎉": (BRUNO,)}),
            Says(CARLA, "@all obrigada mesmo, vocês são demais."),
        ),
    ),
    Talk(
        2,
        "09:50",
        (
            Says(DAVI, "Ferragens União: o campo CNPJ não aceita o formato novo, com letras."),
            Says(BRUNO, "Correção na 4.20.1, que sai amanhã.", back=1),
            Says(DAVI, "Avisei o cliente."),
            Says(CARLA, "Se chegar outro caso, usem a macro `/cnpj`."),
        ),
    ),
    Talk(
        1,
        "09:30",
        (
            Says(CARLA, "Bom dia! 14 na fila. Prioridade para a Ótica Clara."),
            Says(BRUNO, "Bom dia! Estou na Ótica.", back=1),
            Says(DAVI, "Eu sigo com o WhatsApp."),
        ),
    ),
    Talk(
        1,
        "18:05",
        (
            Says(DAVI, "@Bruno, a Ótica Clara voltou: o erro agora é outro. Mandei o print na conversa."),
            Says(DAVI, "E a Padaria Estrela quer cancelar o plano... @Carla, @Ana, alguém liga para eles amanhã cedo?"),
        ),
    ),
)
