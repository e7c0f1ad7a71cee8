"""The OpenAPI document, from which the dashboard's types are generated, is whole."""

import json
import re

from understudy.server.openapi import openapi_document


def test_everything_that_the_document_refers_to_stands_in_it():
    document = openapi_document()

    named = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document))

    assert set(named) - set(document["components"]["schemas"]) == set()
