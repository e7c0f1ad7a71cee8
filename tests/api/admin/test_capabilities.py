"""What the server says that it can do, it does; what it says that it cannot, it refuses."""

from importlib.metadata import version

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer
from understudy.cli.demo.tasks import demo_tasks
from understudy.data.files.formats import Method

GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "x",
    "operation": "eq",
}
WEATHER = demo_tasks()[0].training_path.read_bytes()


@pytest.mark.parametrize("method", list(Method))
def test_a_job_can_be_created_with_exactly_the_methods_that_are_offered(
    server: RunningServer, client: OpenAI, key: str, method: Method
):
    headers = {"authorization": f"Bearer {key}"}

    def post(path: str) -> httpx2.Response:
        file = client.files.create(file=("w.jsonl", WEATHER), purpose="fine-tune").id
        settings = {"grader": GRADER} if method is Method.REINFORCEMENT else {}
        body = {
            "model": "understudy-nano",
            "training_file": file,
            "validation_file": file,
            "method": {"type": method.value, method.value: settings},
        }
        return server.http.post(path, json=body, headers=headers)

    told = server.http.get("/v1/x/capabilities", headers=headers).json()
    assert [one["name"] for one in told["methods"]] == [one.value for one in Method]
    offer = next(one for one in told["methods"] if one["name"] == method)
    answer = post("/v1/fine_tuning/jobs")
    assert (answer.status_code == 200) is offer["is_offered"]
    if not offer["is_offered"]:
        assert answer.json()["error"]["param"] == "method.type"


def test_the_packages_that_python_graders_find_are_listed_with_their_versions(
    server: RunningServer, key: str
):
    headers = {"authorization": f"Bearer {key}"}
    found = server.http.get("/v1/x/capabilities", headers=headers).json()
    packages = {one["name"]: one["version"] for one in found["python_grader_packages"]}
    assert packages["numpy"] == version("numpy")
    assert {"scipy", "pandas", "scikit-learn", "sympy", "nltk", "deepdiff"} <= set(packages)


def test_nobody_learns_anything_without_a_key(server: RunningServer):
    assert server.http.get("/v1/x/capabilities").status_code == 401
