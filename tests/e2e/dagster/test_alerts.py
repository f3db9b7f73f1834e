"""Failed runs are told to people: by webhook, Slack and e-mail, on servers that listen."""

import base64
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from bcn_core.errors import StorageFailure
from bcn_dagster.alerts.channels import Alerts, Email, Slack, Webhook
from bcn_dagster.alerts.sending import Alert, Sender
from tests.builders.dagster_location import PARTITIONS, Location
from tests.builders.mailboxes import Mailbox, http_server, smtp_server
from tests.warehouse.source import NAME, append, content_files

ALERT = Alert(
    "failed", "shop", "shop_back_up", "r1", "20261120T093000.000Z", "a < b & c", "/backups", "http://ui/1"
)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with http_server() as found:
        yield found


@pytest.fixture
def post() -> Iterator[Mailbox]:
    with smtp_server() as found:
        yield found


def to_webhook(box: Mailbox, **environment: str) -> Sender:
    hook = Webhook(url_variable="HOOK", token_variable="TOKEN" if environment else None)
    return Sender(Alerts(webhook=[hook]), {"HOOK": box.url, **environment}, wait_s=0)


def email(post: Mailbox, **fields: Any) -> Email:
    return Email(
        host="127.0.0.1",
        port=post.port,
        sender="bcn@shop",
        to=["a@shop", "b@shop"],
        **{"starttls": False, **fields},
    )


def failed_run(location: Location, job: str) -> dg.DagsterRun:
    """A run that failed, as the instance knows it."""
    definition = location.definitions.resolve_job_def(job)
    with pytest.raises(dg.Failure):
        definition.execute_in_process(
            instance=location.instance, run_config=location.config(job, pit="1999-01-01")
        )
    (run,) = location.instance.get_runs(dg.RunsFilter(job_name=job))
    return run


def told(location: Location, run: dg.DagsterRun, shown: dg.DagsterRun | None = None) -> Any:
    """What the alert sensor answers to a run that failed."""
    (event,) = location.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert event.dagster_event is not None
    context = dg.build_run_status_sensor_context(
        sensor_name="shop_alert",
        dagster_instance=location.instance,
        dagster_run=shown or run,
        dagster_event=event.dagster_event,
    ).for_run_failure()
    return location.sensor("alert")(context)


def test_a_webhook_gets_what_failed_as_json(box: Mailbox) -> None:
    to_webhook(box).send(ALERT)

    (arrived,) = box.arrived
    assert ("failed", "shop_back_up", "a < b & c") == tuple(
        arrived["body"][key] for key in ("event", "job", "problem")
    )


def test_a_webhook_with_a_token_gets_it_in_the_header(box: Mailbox) -> None:
    to_webhook(box, TOKEN="hush").send(ALERT)

    assert "Bearer hush" == box.arrived[0]["authorization"]


def test_slack_gets_its_own_json_with_its_signs_escaped(box: Mailbox) -> None:
    Sender(Alerts(slack=[Slack(url_variable="HOOK")]), {"HOOK": box.url}).send(ALERT)

    text = box.arrived[0]["body"]["text"]
    assert text.startswith("*BCN shop: shop_back_up failed (PIT 20261120T093000.000Z)*")
    assert "a &lt; b &amp; c" in text


def test_a_letter_reaches_everybody_who_is_named(post: Mailbox) -> None:
    Sender(Alerts(email=[email(post)])).send(ALERT)

    (arrived,) = post.arrived
    assert ["a@shop", "b@shop"] == arrived["to"]
    assert "Subject: BCN shop: shop_back_up failed" in arrived["letter"]


def test_a_login_is_made_with_what_the_environment_holds(post: Mailbox) -> None:
    mail = email(post, user_variable="USER", password_variable="PASSWORD")

    Sender(Alerts(email=[mail]), {"USER": "bcn", "PASSWORD": "hush"}).send(ALERT)

    assert base64.b64encode(b"\0bcn\0hush").decode() in post.arrived[0]["login"]


def test_a_server_that_is_busy_is_asked_again(box: Mailbox) -> None:
    box.answers[:] = [503, 503]

    assert 1 == to_webhook(box).send(ALERT)
    assert 3 == len(box.arrived)


def test_a_channel_that_refuses_leaves_the_others_alone_and_is_named(box: Mailbox, post: Mailbox) -> None:
    box.answers[:] = [404]
    alerts = Alerts(slack=[Slack(url_variable="HOOK")], email=[email(post)])

    with pytest.raises(StorageFailure, match="1 of 2 alerts were not sent: Slack HOOK: it answered 404"):
        Sender(alerts, {"HOOK": box.url}, wait_s=0).send(ALERT)
    assert 1 == len(post.arrived)


def test_a_server_that_cannot_be_reached_is_told_without_its_address() -> None:
    sender = Sender(
        Alerts(webhook=[Webhook(url_variable="HOOK")]), {"HOOK": "http://127.0.0.1:9/hush"}, wait_s=0
    )

    with pytest.raises(StorageFailure) as told:
        sender.send(ALERT)
    assert "webhook HOOK: it cannot be reached" in str(told.value)
    assert "hush" not in str(told.value)


def test_an_address_with_a_blank_in_it_is_not_told_and_leaves_the_others_alone(post: Mailbox) -> None:
    alerts = Alerts(webhook=[Webhook(url_variable="HOOK")], email=[email(post)])

    with pytest.raises(StorageFailure, match=r"1 of 2 alerts were not sent: webhook HOOK") as told:
        Sender(alerts, {"HOOK": "http://127.0.0.1:9/hush hush"}, wait_s=0).send(ALERT)
    assert (1, False) == (len(post.arrived), "hush" in str(told.value))


def test_a_server_that_sends_elsewhere_has_not_taken_the_alert(box: Mailbox) -> None:
    box.answers[:] = [302]

    with pytest.raises(StorageFailure, match="webhook HOOK: it answered 302"):
        to_webhook(box, TOKEN="hush").send(ALERT)
    assert 1 == len(box.arrived)


@pytest.mark.parametrize(
    ("url", "said"), [("", "HOOK is not set"), ("file:///etc/passwd", "no http:// or https://")]
)
def test_a_channel_that_is_set_up_wrongly_says_so(url: str, said: str) -> None:
    with pytest.raises(StorageFailure, match=said):
        Sender(Alerts(webhook=[Webhook(url_variable="HOOK")]), {"HOOK": url}, wait_s=0).send(ALERT)


def test_a_failed_run_is_told_with_its_problem_and_a_link(
    backed_up: Location, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", box.url)
    backed_up.fields |= {"alerts": Alerts(webhook=[Webhook(url_variable="HOOK")]), "webserver": "http://ui/"}
    del backed_up.definitions
    run = failed_run(backed_up, f"{NAME}_restore")

    told(backed_up, run)

    body = box.arrived[0]["body"]
    assert "no PIT at or before" in body["problem"]
    assert f"http://ui/runs/{run.run_id}" == body["link"]


def test_a_failed_run_of_somebody_else_is_not_told(
    backed_up: Location, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", box.url)
    backed_up.fields["alerts"] = Alerts(webhook=[Webhook(url_variable="HOOK")])
    del backed_up.definitions
    run = failed_run(backed_up, f"{NAME}_restore")

    answer = told(backed_up, run, dg.DagsterRun("theirs", run_id=run.run_id))

    assert isinstance(answer, dg.SkipReason)
    assert [] == box.arrived


def test_a_red_backup_is_told_with_the_table_that_failed(
    backed_up: Location, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", box.url)
    backed_up.fields["alerts"] = Alerts(webhook=[Webhook(url_variable="HOOK")])
    del backed_up.definitions
    append(backed_up.catalog.load_table("sales.orders"), 100)
    content_files(backed_up.catalog.load_table("sales.orders"))[0].unlink()
    pit = backed_up.back_up().pit
    (run,) = backed_up.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))

    told(backed_up, run)

    assert "sales.orders" in box.arrived[0]["body"]["problem"]
    assert pit == box.arrived[0]["body"]["pit"]


def test_a_red_run_of_several_pits_is_told_with_the_first_and_the_last(
    backed_up: Location, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", box.url)
    backed_up.fields |= {
        "alerts": Alerts(webhook=[Webhook(url_variable="HOOK")]),
        "backfill": "single_run",
    }
    del backed_up.definitions
    pits = [backed_up.add_pit(), "20991231T000000.000Z"]
    backed_up.instance.add_dynamic_partitions(PARTITIONS, pits)
    backed_up.back_up_range(pits[0], pits[1])
    (run,) = backed_up.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))

    told(backed_up, run)

    assert " to ".join(pits) == box.arrived[0]["body"]["pit"]


def test_people_can_try_whether_alerts_arrive(location: Location, post: Mailbox) -> None:
    location.fields["alerts"] = Alerts(email=[email(post)])

    done = location.run("test_alerts")

    assert done.success
    assert "somebody tried whether alerts arrive" in post.arrived[0]["letter"]


def test_without_channels_there_is_nobody_to_tell(location: Location) -> None:
    assert "shop_alert" not in {one.name for one in location.definitions.sensors or ()}
