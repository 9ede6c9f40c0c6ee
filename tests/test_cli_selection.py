"""`--only` and `--where`: which events they keep, and what is wrong use."""

import argparse
from typing import Any

import pytest
import vmcodec
from vmcodec.cli import selection
from vmcodec.cli.trouble import Trouble
from vmcodec.samples import SAMPLES


def chosen(*arguments: str) -> selection.Selection:
    parser = argparse.ArgumentParser()
    selection.arguments(parser)
    return selection.of(parser.parse_args(arguments))


def kept(*arguments: str) -> list[Any]:
    wanted = chosen(*arguments)
    return [event for event in wanted.decoder().decode_batch(SAMPLES) if wanted.keeps(event)]


def ids(*arguments: str) -> set[str]:
    return {selection.event_id(event) for event in kept(*arguments)}


def test_without_arguments_all_is_kept() -> None:
    assert kept() == vmcodec.decode_batch(SAMPLES)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--only", "EventAgentReady"], {"EventAgentReady"}),
        (["--only", "EventAgentReady, EventMuteOn"], {"EventAgentReady", "EventMuteOn"}),
        (["--only", "EventAgentReady", "--only", "EventDNDOOn"], {"EventAgentReady", "EventDNDOn"}),
        (["--only", "UnknownEvent"], {"EventQueueLogout"}),
        (["--where", "id=EventQueueLogout"], {"EventQueueLogout"}),
    ],
)
def test_only_keeps_these_events(arguments: list[str], found: set[str]) -> None:
    assert ids(*arguments) == found


@pytest.mark.parametrize(
    ("conditions", "attribute", "values"),
    [
        (["ThisDN=2206"], "this_dn", ["2206", "2206"]),
        (["ThisDN=02206"], "this_dn", []),
        (["AgentID=A2205"], "agent_id", ["A2205", "A2205", "A2205"]),
        (["Agent ID=A2205"], "agent_id", ["A2205", "A2205", "A2205"]),
        (["ReferenceID=12"], "reference_id", [12]),
        (["ReferenceID=0012"], "reference_id", [12]),
        (["AgentWorkMode=AuxWork"], "agent_work_mode", [4]),
        (["AgentWorkMode=AgentAuxWork"], "agent_work_mode", [4]),
        (["AgentWorkMode=4"], "agent_work_mode", [4]),
        (["AgentWorkMode=42"], "agent_work_mode", [42]),
        (["AgentWorkMode=LegalGuard"], "agent_work_mode", [2]),
        (["AgentWorkMode!=AuxWork"], "agent_work_mode", [1, 2, 1, 42]),
        (["Server=sip-north"], "server", ["sip-north"]),
        (["Server!=101"], "server", ["sip-north"]),
        (["ThisDN=2205", "ReferenceID!=12", "ReferenceID!=11"], "reference_id", [4294967295]),
        (["OtherDN="], "other_dn", []),
    ],
)
def test_where_compares_as_the_attribute_does(conditions: list[str], attribute: str, values: list[object]) -> None:
    arguments = [part for condition in conditions for part in ("--where", condition)]
    assert [getattr(event, attribute) for event in kept(*arguments)] == values


def test_a_server_may_be_an_integer_or_a_text() -> None:
    for server in (b"65200", b'"65200"'):
        event = vmcodec.decode(b'{"id":"EventDNOutOfService","ThisDN":"1","Server":%s}' % server)
        assert chosen("--where", "Server=65200").keeps(event)
        assert not chosen("--where", "Server=065200").keeps(event)


def test_an_event_without_the_attribute_does_not_match() -> None:
    unknown = vmcodec.UnknownEvent(id="EventRinging", raw=b'{"id":"EventRinging","ThisDN":"7011"}')
    for condition in ("ThisDN=7011", "ThisDN!=1", "CallID!=1"):
        assert not chosen("--where", condition).keeps(unknown)
    assert not chosen("--where", "OtherDN!=1").keeps(vmcodec.decode(SAMPLES[0]))
    assert not chosen().keeps(None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "EventAgentRedy"], "there is no event 'EventAgentRedy'; did you mean EventAgentReady or"),
        (["--only", "eventagentready"], "did you mean EventAgentReady or"),
        (["--only", "zz"], "there is no event 'zz'; there are EventAgentLogin, EventAgentLogout, "),
        (["--only", "EventDNDOn,"], "there is no event ''; there are "),
        (["--where", "ThisDn=1"], "there is no attribute 'ThisDn'; did you mean ThisDN"),
        (["--where", "tenant_id=1"], "there is no attribute 'tenant_id'"),
        (["--where", "ThisDN"], "--where takes NAME=VALUE or NAME!=VALUE, not 'ThisDN'"),
        (["--where", "=1"], "--where takes NAME=VALUE or NAME!=VALUE, not '=1'"),
        (["--where", "CallID=x"], "--where CallID takes an integer, not 'x'"),
        (["--where", "CallID=1_0"], "--where CallID takes an integer, not '1_0'"),
        (["--where", "CallType=Inbnd"], "there is no CallType 'Inbnd'; did you mean Inbound"),
        (["--where", "time=1"], "--where cannot compare time"),
        (["--where", "UserData=1"], "--where cannot compare UserData"),
    ],
)
def test_what_no_event_can_have_is_wrong_use(arguments: list[str], said: str) -> None:
    with pytest.raises(Trouble) as caught:
        chosen(*arguments)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
