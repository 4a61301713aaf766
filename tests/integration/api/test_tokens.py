"""A token as a county issues it, from the workspace to the answer: its person's scope, and nothing once it is revoked."""

from starlette.testclient import TestClient

from dashboard.api.application import create_api
from dashboard.services.common import audit as trail
from dashboard.services.common.workspace import current_workspace
from dashboard.services.people.changes import NewPerson, add_person, create_token
from dashboard.workspace.accounts import GrantRequest


def test_a_real_token_opens_its_scope_until_it_is_revoked(client: TestClient) -> None:
    trail.forget_knocks()
    workspace = current_workspace()
    add_person(workspace, NewPerson("li", "李"), GrantRequest("community", communities=("C1",)), actor="root")
    token = create_token(workspace, "li", days=3, actor="root")
    api = TestClient(create_api())  # by the accounts of the workspace, not by the tokens of the fixture
    head = {"Authorization": f"Bearer {token}"}
    question = "/analytics?dx=B01&pe=202510&ou="
    answer = api.get(f"{question}C1", headers=head)
    assert answer.status_code == 200, answer.text
    assert answer.json()["metaData"]["scope"] == "数据范围：C1"
    assert api.get(f"{question}C2", headers=head).status_code == 403
    assert api.get(f"{question}C1", headers={"Authorization": f"Bearer {token[:-1]}"}).status_code == 401
    workspace.accounts.revoke_token(workspace.accounts.tokens()[0].token_id, actor="root")
    assert api.get(f"{question}C1", headers=head).status_code == 401
    refused = [each for each in workspace.audit.entries() if each.result == "refused"]
    assert {(each.subject, each.account) for each in refused} == {("/api/v1", None), ("/api/v1", "li"), ("/api/v1/analytics", "li")}


def test_guesses_do_not_fill_the_trail(client: TestClient) -> None:
    api = TestClient(create_api())
    trail.forget_knocks()
    before = len(current_workspace().audit.entries())
    for number in range(20):
        assert api.get(f"/indicators/{number}", headers={"Authorization": f"Bearer dmc_{number}"}).status_code == 401
    assert len(current_workspace().audit.entries()) == before + 1
