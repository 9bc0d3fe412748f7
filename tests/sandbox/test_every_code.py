"""One test for each row of each provider's code table: the sandbox answers it, the client understands it."""

from typing import Any

import pytest

from providers.accounts import code_table
from providers.codes import Code, CodeClass
from providers.outcome import Ambiguous, Rejected
from sandbox.server import Sandbox
from tests.sandbox.scenarios import ACCOUNTS, CLIENTS, ORDINARY, OVERRIDES, SPECIAL, Ask

SUCCESS = {"1", "http_200"}
LIMITED = {"VOD.10127"}
OWN = {"already_deleted"}
"""Codes that the client concludes, and the provider does not write."""

EVERY_ROW = [
    pytest.param(provider, call, row, id=f"{provider}-{call}-{row.value}")
    for provider, calls in ORDINARY.items()
    for call in calls
    for row in code_table(provider).rows(call)
]


def written(value: str) -> str:
    """A code that a pattern such as "*_invalid_*" or "APIGW.05*" stands for."""
    if value.startswith("*"):
        return "meeting" + value[1:].replace("*", "name")
    return value.replace("*", "01")


def prepared(sandbox: Sandbox, provider: str, call: str, value: str) -> Ask:
    """The call to make, after everything was done for it to meet the code."""
    ask = SPECIAL.get((call, value), ORDINARY[provider][call])(sandbox)
    if value in ACCOUNTS:
        sandbox.change("account", provider, **ACCOUNTS[value])
    if value in LIMITED:
        sandbox.world.limits |= {"transcode-product": 0, "info": 0}
    if not comes_by_itself(call, value):
        sandbox.fault(provider, "code", code=written(value))
    return ask


def comes_by_itself(call: str, value: str) -> bool:
    """Whether a code comes from state or input, and not by misbehaviour."""
    return (call, value) in SPECIAL or value in {*SUCCESS, *LIMITED, *OVERRIDES, *ACCOUNTS}


@pytest.mark.parametrize(("provider", "call", "row"), EVERY_ROW)
def test_the_sandbox_answers_the_code_and_the_client_understands_it(
    sandbox: Sandbox, provider: str, call: str, row: Code
) -> None:
    ask = prepared(sandbox, provider, call, row.value)
    keys = sandbox.credentials(provider) | OVERRIDES.get(row.value, {})
    client = CLIENTS[provider](**keys, connect_timeout=2, read_timeout=5)
    try:
        found, error = outcome(client, ask)
    finally:
        client.close()
    code, exchange = found.code, found.exchange
    assert (code.kind, code.field) == (row.kind, row.field)
    if "*" not in row.value:
        assert code.value == row.value
    if not row.value.startswith("http_") and row.value not in OWN and "*" not in row.value:
        assert exchange.code == row.value
    assert error is expected_error(row)
    assert code.meaning.en
    assert code.meaning.zh
    [received] = sandbox.calls(provider)
    assert received["fault"] == ("" if comes_by_itself(call, row.value) else "code")
    assert received["call_id"] == exchange.request_id


def outcome(client: Any, ask: Ask) -> tuple[Any, type[Exception] | None]:
    """The reply or the error, and the error's class."""
    try:
        return ask(client), None
    except (Rejected, Ambiguous) as problem:
        return problem, type(problem)


def expected_error(row: Code) -> type[Exception] | None:
    if row.kind in (CodeClass.DONE, CodeClass.ALREADY):
        return None
    return Ambiguous if row.kind is CodeClass.UNKNOWN else Rejected


@pytest.mark.parametrize(
    ("call", "trouble"),
    [("editCourse", {"104", "114", "260"}), ("deleteClassVideo", {"104"}), ("renameFile", {"104"})],
)
def test_only_the_providers_own_trouble_needs_misbehaviour(call: str, trouble: set[str]) -> None:
    documented = {row.value for row in code_table("classin").documented_for(call)}
    assert {value for value in documented if not comes_by_itself(call, value)} == trouble


def test_every_scenario_is_about_a_row_that_exists() -> None:
    rows = {(param.values[1], param.values[2].value) for param in EVERY_ROW}
    assert set(SPECIAL) <= rows


def test_a_second_deletion_of_the_same_output_is_told_apart(sandbox: Sandbox) -> None:
    product = sandbox.huawei_vod.add_product(sandbox.huawei_vod.add_asset())
    client = CLIENTS["huawei_vod"](**sandbox.credentials("huawei_vod"))
    try:
        replies = [
            client.delete_products(product.asset_id, {product.group_id: [product.id]}) for _ in range(2)
        ]
        look = client.asset_info([product.asset_id])
    finally:
        client.close()
    states = [reply.value.verdict(product.group_id, product.id).state for reply in replies]
    assert states == ["deleted", "failed"]
    assert look.value[0].products == ()
    assert look.value[0].products_listed


@pytest.mark.parametrize("account", ["temporary", "token"])
def test_the_client_signs_with_temporary_keys_and_with_a_token(sandbox: Sandbox, account: str) -> None:
    asset = sandbox.huawei_vod.add_asset("Piano, level 3")
    client = CLIENTS["huawei_vod"](**sandbox.credentials("huawei_vod", account))
    try:
        reply = client.asset_info([asset.id, "f" * 32])
    finally:
        client.close()
    assert [row.exists for row in reply.value] == [True, False]
    assert reply.value[0].title == "Piano, level 3"
