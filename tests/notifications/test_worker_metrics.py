"""The metrics of `internal-chat worker`."""

from pathlib import Path

import httpx

from tests.notifications.mail_server import running_mail_server
from tests.notifications.worker_process import WorkerProcess
from tests.support.processes import free_port
from tests.support.waiting import until_true


async def test_a_worker_serves_its_metrics(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    mail = tmp_path / "mail"
    mail.mkdir()
    with running_mail_server(mail) as server:
        smtp_url = f"smtp://127.0.0.1:{server.port}?starttls=never"
        worker = WorkerProcess(
            tmp_path, database_url, smtp_url, CHAT_WORKER_METRICS_PORT=str(port), CHAT_METRICS_TOKEN="of Prometheus"
        )
        await worker.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:

            async def answers() -> bool:
                try:
                    return (await http.get("/metrics")).status_code == 401
                except httpx.TransportError:
                    return False

            await until_true(answers, "the port of the metrics")
            text = (await http.get("/metrics", headers={"authorization": "Bearer of Prometheus"})).text
        await worker.stop()
    assert worker.process.returncode == 0
    for line in ('chat_background_part_running{part="emails"} 1.0', 'chat_emails_total{outcome="sent"}'):
        assert line in text
    assert 'chat_outbox_entries{kind="email",state="due"}' in text
