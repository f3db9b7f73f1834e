"""Answers that no server here can be made to give, in the form that AWS documents: what a person is told to do."""

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)

from bcn_core.errors import StorageFailure, StorageRefused
from bcn_core.storage.s3_errors import told


def answer(code: str, status: int) -> ClientError:
    said = {"Error": {"Code": code, "Message": "as it is"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "GetObject")


EXPIRED = [
    answer("ExpiredToken", 400),
    answer("RequestExpired", 400),
    SSOTokenLoadError(error_msg="no token"),
    UnauthorizedSSOTokenError(),
]


@pytest.mark.parametrize("error", EXPIRED, ids=lambda one: type(one).__name__)
def test_an_expired_login_as_aws_documents_it_is_refused_with_the_way_to_a_new_one(error: Exception) -> None:
    with pytest.raises(StorageRefused) as refused, told("s3://backups/manifest.json"):
        raise error

    assert "aws sso login" in refused.value.hint


def test_a_clock_that_is_wrong_as_aws_documents_it_is_the_clock_of_this_machine() -> None:
    with pytest.raises(StorageRefused) as refused, told("s3://backups/manifest.json"):
        raise answer("RequestTimeTooSkewed", 403)

    assert "set the clock of this machine" in refused.value.hint


def test_a_right_that_is_missing_is_no_login_that_expired() -> None:
    with pytest.raises(StorageRefused) as refused, told("s3://backups/manifest.json"):
        raise answer("AccessDenied", 403)

    assert refused.value.hint.startswith("check the credentials and the rights")


def test_an_endpoint_that_is_silent_is_named_without_the_user_of_its_address() -> None:
    silent = EndpointConnectionError(endpoint_url="http://reader:planted@store.example/backups")

    with pytest.raises(StorageFailure) as failed, told("s3://backups/manifest.json"):
        raise silent

    assert failed.value.message.endswith('"http://store.example/backups"')
