"""Davi learns the work, mostly from Elisa."""

from server.demo.people import BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Says, Talk

TALKS = (
    Talk(
        24,
        "09:00",
        (
            Says(CARLA, "Bom dia! Este canal é para tirar dúvidas de atendimento entre nós. Perguntem sem medo."),
            Says(BRUNO, "Combinado. Fixo aqui as macros novas conforme forem saindo.", back=1),
            Says(ELISA, "A de boas-vindas já está no ar: `/oi`."),
            Says(
                DAVI,
                "Obrigado! Sou novo e vou perguntar bastante. 😅",
                reactions={
                    "👋": (
                        CARLA,
                        BRUNO,
                        ELISA,
                    )
                },
            ),
        ),
    ),
    Talk(
        24,
        "10:20",
        (
            Says(DAVI, "A Padaria Estrela não recebe as mensagens do WhatsApp desde ontem."),
            Says(CARLA, "O número deles foi verificado de novo? O certificado vence a cada 90 dias.", back=1),
            Says(DAVI, "Era isso, venceu ontem."),
            Says(CARLA, "Renova em Canais → WhatsApp → Verificar. Leva dois minutos."),
            Says(DAVI, "Renovado, voltaram a receber.", reactions={"✅": (CARLA,)}),
        ),
    ),
    Talk(
        24,
        "15:40",
        (
            Says(ELISA, "A Clínica Vida Plena quer esconder o telefone do paciente na tela do agente."),
            Says(BRUNO, "Permissões → Contatos → Ocultar dados sensíveis.", back=1),
            Says(ELISA, "E no aplicativo do celular?"),
            Says(BRUNO, "Segue a mesma permissão desde a 4.17."),
            Says(ELISA, "Perfeito, avisei."),
        ),
    ),
    Talk(
        23,
        "09:15",
        (
            Says(DAVI, "AutoPeças Horizonte: as respostas automáticas saem duas vezes."),
            Says(BRUNO, "Eles têm duas automações com o mesmo gatilho. Desativa a mais antiga.", back=1),
            Says(DAVI, "Desativei a de janeiro. Parou."),
            Says(BRUNO, "👌"),
        ),
    ),
    Talk(
        23,
        "11:30",
        (
            Says(CARLA, "Lembrete: conversa resolvida sem etiqueta não entra no relatório da semana."),
            Says(DAVI, "Posso etiquetar depois de resolvida?", back=1),
            Says(CARLA, "Pode, até domingo à noite.", back=1),
            Says(
                ELISA,
                "Dá para fazer em lote, pelos filtros.",
                reactions={
                    "👍": (
                        CARLA,
                        DAVI,
                    )
                },
            ),
        ),
    ),
    Talk(
        23,
        "16:00",
        (
            Says(DAVI, "Livraria Sabiá pergunta se o catálogo aceita livro sem preço."),
            Says(CARLA, "Aceita: fica como *sob consulta*.", back=1),
            Says(DAVI, "Boa, era o que queriam."),
        ),
    ),
    Talk(
        22,
        "09:05",
        (
            Says(ELISA, "Bom dia! 22 conversas na fila, 3 esperando há mais de uma hora."),
            Says(CARLA, "Pego as três mais antigas.", back=1),
            Says(BRUNO, "Fico com as de integração.", back=2),
            Says(DAVI, "Eu sigo no WhatsApp.", back=3),
        ),
    ),
    Talk(
        22,
        "14:10",
        (
            Says(DAVI, "Pet Feliz quer que o robô pare de responder depois das 18h."),
            Says(ELISA, "Horário de atendimento → Robô → Só dentro do horário.", back=1),
            Says(DAVI, "E quem escreve fora do horário recebe o quê?"),
            Says(ELISA, "A mensagem de ausência. Eles podem editar na mesma tela."),
            Says(DAVI, "Configurado, agradeceram muito.", reactions={"💛": (ELISA,)}),
        ),
    ),
    Talk(
        21,
        "10:00",
        (
            Says(CARLA, "A 4.18 saiu ontem à noite. As macros agora mudam a prioridade."),
            Says(DAVI, "Que maravilha, eu esquecia sempre.", back=1),
            Says(CARLA, "Já troquei a `/urgente` e a `/reclamacao`."),
            Says(ELISA, "Testei as duas, tudo certo.", reactions={"🚀": (BRUNO,)}),
        ),
    ),
    Talk(
        21,
        "15:25",
        (
            Says(DAVI, "Escola Girassol: o boletim enviado em PDF chega cortado no celular."),
            Says(BRUNO, "Quantos MB?", back=1),
            Says(DAVI, "38."),
            Says(BRUNO, "O limite do WhatsApp é 16 por imagem, mas PDF passa até 100. Deve ser o leitor deles."),
            Says(DAVI, "Era. Abriu em outro aplicativo."),
        ),
    ),
    Talk(
        20,
        "09:30",
        (
            Says(DAVI, "Studio Lumen quer migrar de outra plataforma com o histórico."),
            Says(CARLA, "Existe importação de conversas, mas só por CSV, e sem anexos.", back=1),
            Says(DAVI, "Eles têm 4 mil conversas."),
            Says(BRUNO, "Me passa o contato, faço a importação por aqui em uma tarde.", back=1),
            Says(DAVI, "Enviado na nota interna.", reactions={"🙏": (BRUNO,)}),
        ),
    ),
    Talk(
        20,
        "16:45",
        (
            Says(ELISA, "Mercado Bom Preço reclama que o CSAT chega duas vezes."),
            Says(BRUNO, "Reproduzi: acontece quando duas conversas são mescladas.", back=1),
            Says(BRUNO, "Abri para a próxima versão."),
            Says(ELISA, "Avisei o cliente, ficou tranquilo."),
        ),
    ),
    Talk(
        19,
        "09:00",
        (
            Says(
                CARLA,
                "Bom dia! Fila com 9, a menor do mês. 🎉",
                reactions={
                    "🎉": (
                        BRUNO,
                        DAVI,
                        ELISA,
                    )
                },
            ),
            Says(DAVI, "É o feriado em São Paulo. 😂", back=1),
            Says(
                CARLA,
                "Deixa eu comemorar, Davi.",
                back=1,
                reactions={
                    "😂": (
                        BRUNO,
                        ELISA,
                    )
                },
            ),
        ),
    ),
    Talk(
        19,
        "15:10",
        (
            Says(DAVI, "Ótica Clara quer um relatório só dos atendimentos por áudio."),
            Says(CARLA, "Filtro → Tipo de anexo → Áudio, e salva como relatório.", back=1),
            Says(DAVI, "Não sabia que dava para salvar filtro!"),
            Says(ELISA, "Dá, e compartilhar com o time também."),
        ),
    ),
)
