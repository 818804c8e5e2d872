"""The nightly deadline: a run that goes on too long is reported, by mail where a connection for it stands."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import (  # type: ignore[attr-defined]  # its stub does not know three of them
    BaseHook,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    get_parsing_context,
)

LONGEST_NIGHT = timedelta(hours=3)
ALERT_CONNECTION = "braindrain_alerts"

log = logging.getLogger(__name__)


def report_late_run(context: dict[str, Any]) -> None:
    """Say in the log that a run is late, and by mail where the connection ``braindrain_alerts`` exists.

    It is of type ``smtp``, with ``from_email`` and ``to`` in its extra, and stands in the environment variable
    AIRFLOW_CONN_BRAINDRAIN_ALERTS or a secrets backend: 3.3.2 denies a callback the connections of its database.
    https://airflow.apache.org/docs/apache-airflow/3.3.2/howto/deadline-alerts.html
    """
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSecretsBackendAccessDenied

    name = "{dag_id}, run {dag_run_id}".format_map(context["dag_run"])
    sentence = f"{name}: not ended {LONGEST_NIGHT} after its time. Next: read the log of the task that is still going."
    log.warning(sentence)
    try:
        to = BaseHook.get_connection(ALERT_CONNECTION).extra_dejson["to"]
    except (AirflowNotFoundException, AirflowSecretsBackendAccessDenied):
        log.info("Nobody is told by mail: there is no connection %s.", ALERT_CONNECTION)
        return
    SmtpNotifier(to=to, subject=f"Late: {name}", html_content=sentence, smtp_conn_id=ALERT_CONNECTION).notify({})


def nightly_deadline() -> DeadlineAlert | None:
    """A scheduled run that has not ended three hours after its time is reported.

    It counts from the logical date, because clearing a run whose deadline counts from its queueing fails in 3.3.2
    (https://github.com/apache/airflow/pull/70370). None while one DAG alone is parsed, as `airflow dags test` does:
    there, 3.3.2 fails on any deadline of a run that succeeds.
    """
    if get_parsing_context().dag_id:
        return None
    when = {"reference": DeadlineReference.DAGRUN_LOGICAL_DATE, "interval": LONGEST_NIGHT}
    return DeadlineAlert(**when, callback=SyncCallback(report_late_run), name="longest night")
