"""The read API: the pages' values in every format, under the token's scope, and errors in words."""

import io
import json

import pandas as pd
import pytest
from starlette.testclient import TestClient

from dashboard.analysis.periods import Period
from dashboard.api import answers, application
from dashboard.catalogue.loader import load_catalogue
from dashboard.services.common.cache import current_database
from dashboard.services.common.database import DataVersion
from dashboard.services.common.indicators import community_peers, hide_small, indicator_values
from dashboard.services.indicators.analytics import analytics
from dashboard.store.scope import COUNTY, Scope
from tests.integration.api.conftest import ONE, TOKENS

LEVELS = ("county", "community", "town", "institution")


def asked(client: TestClient, path: str, token: str = "", **parameters: object) -> dict:
    answer = client.get(path, params=parameters, headers={"Authorization": f"Bearer {token}"} if token else {})  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def as_frame(answer: dict) -> pd.DataFrame:
    return pd.DataFrame(answer["rows"], columns=[each["name"] for each in answer["headers"]])


@pytest.mark.parametrize("token", ["", "one"])
@pytest.mark.parametrize("level", LEVELS)
def test_every_indicator_has_the_value_of_the_page(client: TestClient, level: str, token: str) -> None:
    reader: Scope = TOKENS[token].scope if token else COUNTY
    names = list(load_catalogue().indicators)
    pages = hide_small(indicator_values(current_database(reader), level=level, period=Period.parse("2025-10")))  # type: ignore[arg-type]
    found = as_frame(asked(client, "/analytics", token, dx=";".join(names), pe="202510", ou=f"level-{level}", pageSize=5000))
    assert found[["dx", "ou", "status"]].to_numpy().tolist() == pages[["indicator", "unit", "status"]].to_numpy().tolist()
    for column in ("value", "numerator", "denominator"):
        pd.testing.assert_series_equal(found[column].astype("float64"), pages[column].astype("float64"), check_names=False)
    assert found["value"].notna().sum() > 20
    assert set(found.loc[found["value"].isna(), "status"]) <= {
        "missing_data", "zero_denominator", "not_at_level", "not_by_scheme", "not_in_schema", "few", "out_of_scope", "not_released",
    }  # fmt: skip


def test_a_token_sees_its_own_and_a_reason_for_the_rest(client: TestClient) -> None:
    answer = asked(client, "/analytics", "one", dx="B01", pe="202510", ou="level-community;C1;peers")
    rows = as_frame(answer).set_index("ou")
    assert answer["metaData"]["scope"] == "数据范围：C1"
    assert rows.loc["C1", "status"] == "ok"
    assert rows.loc[["C2", "C3"], "status"].tolist() == ["out_of_scope"] * 2
    assert rows.loc[["C2", "C3"], ["value", "numerator", "denominator"]].isna().all(axis=None)
    peers = community_peers(current_database(ONE), Period.parse("2025-10"), ["B01"])
    assert rows.loc[["A", "B", "C", "D"], "value"].tolist() == pytest.approx(peers["value"].tolist())
    assert rows.loc[["A", "B"], ["numerator", "denominator"]].isna().all(axis=None)
    assert set(rows.loc[["A", "B"], "status"]) == {"peer"}


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/analytics?dx=B01&pe=202510&ou=C2", "one", 403),
        ("/analytics?dx=B01&pe=202510&ou=county", "guard", 403),
        ("/analytics?dx=B01&pe=202510&ou=county", "nobody", 401),
        ("/analytics?dx=NONE&pe=202510&ou=county", "", 404),
        ("/indicators/NONE", "", 404),
        ("/nowhere", "", 404),
        ("/analytics?dx=B01&pe=2025-10&ou=county", "", 400),
        ("/analytics?dx=B01&pe=202510&ou=Z9", "", 400),
        ("/analytics?dx=&pe=202510&ou=county", "", 400),
        ("/analytics?pe=202510", "", 400),
        ("/analytics?dx=B01&pe=202510&pageSize=5001", "", 400),
        ("/analytics?dx=B01&pe=202510&scheme=other", "", 400),
        ("/tables/fact_bed", "", 400),
        ("/quality?pe=x", "", 400),
    ],
)
def test_refusals_say_what_and_what_to_do_in_both_languages(client: TestClient, path: str, token: str, status: int) -> None:
    answer = client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
    found = answer.json()
    assert answer.status_code == found["status"] == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert all(found[name] for name in ("title", "detail", "titleEn", "detailEn", "instance"))
    assert not any("一" <= letter <= "鿿" for letter in found["titleEn"])
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_only_reading_is_answered(client: TestClient) -> None:
    for method in ("post", "put", "delete", "patch"):
        answer = getattr(client, method)("/indicators")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_the_same_in_three_formats(client: TestClient) -> None:
    question = {"dx": "B01;C01", "pe": "202510;2025Q3", "ou": "level-institution", "pageSize": "5000"}
    plain = as_frame(asked(client, "/analytics", **question))
    text = client.get("/analytics", params=question, headers={"Accept": "text/csv"})
    assert text.content.startswith(b"\xef\xbb\xbf")
    csv = pd.read_csv(io.BytesIO(text.content), encoding="utf-8-sig", dtype={"pe": str})
    parquet = pd.read_parquet(io.BytesIO(client.get("/analytics", params=question | {"format": "parquet"}).content))
    assert parquet["value"].dtype == "float64"
    for frame in (csv, parquet):
        assert frame["ou"].tolist() == plain["ou"].tolist()
        pd.testing.assert_series_equal(frame["value"], plain["value"].astype("float64"), check_names=False)


def test_pages_follow_each_other_and_add_up(client: TestClient) -> None:
    question = {"dx": "B01;C01;A01", "pe": "202510", "ou": "level-institution", "pageSize": 7}
    first = asked(client, "/analytics", **question)
    rows, following = list(first["rows"]), first["pager"]["next"]
    while following:
        answer = client.get(following).json()
        rows, following = rows + answer["rows"], answer["pager"]["next"]
    assert len(rows) == first["pager"]["total"]
    assert rows == asked(client, "/analytics", **(question | {"pageSize": 5000}))["rows"]


def test_who_holds_the_answer_is_not_sent_it_again_and_nobody_elses_tag_opens_it(client: TestClient) -> None:
    path = "/analytics?dx=B01&pe=202510&ou=level-community"
    tags = {}
    for token in ("one", "two", ""):
        held = {"Authorization": f"Bearer {token}"} if token else {}
        answer = client.get(path, headers=held)
        tags[token] = answer.headers["etag"]
        assert answer.headers["cache-control"] == "private, no-cache"
        assert "Authorization" in answer.headers["vary"]
        again = client.get(path, headers=held | {"If-None-Match": tags[token]})
        assert (again.status_code, again.content) == (304, b"")
    assert len(set(tags.values())) == 3
    assert client.get(path, headers={"Authorization": "Bearer two", "If-None-Match": tags["one"]}).status_code == 200
    assert client.get(path, headers={"Accept": "text/csv"}).headers["etag"] != tags[""]


def test_catalogue_units_periods_quality_and_version(client: TestClient) -> None:
    assert len(asked(client, "/indicators", pageSize=5000)["rows"]) == len(load_catalogue().indicators)
    one = asked(client, "/indicators/B01")
    assert (one["id"], one["unit"]) == ("B01", load_catalogue().indicators["B01"].unit)
    assert {"county", "C1", "H1", "T1a"} <= set(as_frame(asked(client, "/units", pageSize=5000))["id"])
    assert as_frame(asked(client, "/units", level="community"))["id"].tolist() == ["C1", "C2", "C3", "C4", "C5"]
    assert as_frame(asked(client, "/periods"))["id"].iloc[0] == "202510"
    assert len(asked(client, "/targets", pageSize=5000)["rows"]) == len(load_catalogue().targets)
    assert asked(client, "/data-version")["dataVersion"] == 1
    due = as_frame(asked(client, "/quality", "one", pe="202510")).set_index("table")
    assert due.loc["fact_bed", ["came", "due"]].tolist() == [3, 3]
    assert as_frame(asked(client, "/tables/communities"))["community_code"].tolist() == ["C1", "C2", "C3", "C4", "C5"]


def test_small_counts_are_hidden_as_on_the_page_whichever_unit_is_asked_for(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = as_frame(asked(client, "/analytics", dx="B01", pe="202510", ou="level-institution")).set_index("ou")
    alone = as_frame(asked(client, "/analytics", dx="B01", pe="202510", ou="H1")).set_index("ou")
    assert alone.loc["H1"].to_dict() == whole.loc["H1"].to_dict()
    monkeypatch.setattr("dashboard.services.indicators.analytics.ON_SCREEN", 10**9)
    personal = [name for name, entry in load_catalogue().indicators.items() if entry.counts_people("numerator", load_catalogue().measures)]
    hidden = as_frame(asked(client, "/analytics", dx=";".join(personal), pe="202510", ou="level-institution"))
    assert "few" in set(hidden["status"])
    assert hidden.loc[hidden["status"].eq("few"), ["value", "numerator", "denominator"]].isna().all(axis=None)


def test_json_has_no_number_that_is_none(client: TestClient) -> None:
    text = client.get("/analytics", params={"dx": ";".join(load_catalogue().indicators), "pe": "202510", "ou": "level-institution"}).text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


def test_nothing_is_computed_for_who_holds_the_answer(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/analytics?dx=B01&pe=202510&ou=level-community"
    tag = client.get(path).headers["etag"]
    computed: list[object] = []

    def noted(*arguments: object) -> pd.DataFrame:
        computed.append(arguments)
        return analytics(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(application, "analytics", noted)
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert computed == []
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert len(computed) == 1


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [(answers, "__version__", "another"), (answers, "catalogue_mark", lambda: "another"), (DataVersion, "__repr__", lambda _: "another")],
    ids=["program", "catalogue", "load"],
)
def test_another_program_catalogue_or_load_is_another_answer(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, value: object
) -> None:
    tag = client.get("/indicators/B01").headers["etag"]
    assert client.get("/indicators/B01").headers["etag"] == tag
    monkeypatch.setattr(owner, name, value)
    assert client.get("/indicators/B01").headers["etag"] != tag


def test_a_question_that_has_no_answer_is_not_unchanged(client: TestClient) -> None:
    assert client.get("/analytics?dx=NONE&pe=202510", headers={"If-None-Match": "*"}).status_code == 404
