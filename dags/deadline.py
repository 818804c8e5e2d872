"""The nightly deadline: a run that goes on too long is reported, by mail where a connection for it stands."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseHook, DeadlineAlert, DeadlineReference, SyncCallback  # type: ignore[attr-defined]  # not in its stub

LONGEST_NIGHT = timedelta(hours=3)
ALERT_CONNECTION = "braindrain_alerts"

log = logging.getLogger(__name__)


def report_late_run(context: dict[str, Any]) -> None:
    """Say in the log that a run is late, and by mail where the connection ``braindrain_alerts`` exists.

    The connection is of type ``smtp`` with ``from_email`` and ``to`` in its extra.
    https://airflow.apache.org/docs/apache-airflow/3.3.2/howto/deadline-alerts.html
    """
    from airflow.sdk.exceptions import AirflowNotFoundException

    run = context["dag_run"]
    subject = f"{run['dag_id']} is late"
    sentence = (
        f"Run {run['dag_run_id']} of {run['dag_id']} has not ended {LONGEST_NIGHT} after it was queued. "
        "Next: open the run and read the log of the task that is still going."
    )
    log.warning(sentence)
    try:
        recipient = BaseHook.get_connection(ALERT_CONNECTION).extra_dejson["to"]
    except AirflowNotFoundException:
        log.info("No connection %s exists, so nobody is told by mail.", ALERT_CONNECTION)
        return
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    mail = SmtpNotifier(to=recipient, subject=subject, html_content=sentence, smtp_conn_id=ALERT_CONNECTION)
    mail.notify({})


NIGHTLY_DEADLINE = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=LONGEST_NIGHT,
    callback=SyncCallback(report_late_run),
    name="longest night",
)
