"""Templates: the words of staff, checked, looked at, sent to oneself, and taken away again."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.secrets import OneTimeSecrets
from domain.ids import new_id
from domain.notices.model import NoticeKind, TemplateKey, Wording
from domain.viewer import Permission
from gateways.letters.wording import LANGUAGES, default_wording, filled, problem_of, variables_of
from schema.notices.templates import TEMPLATES_SHOWN
from tests.makers.mail import a_postman
from tests.makers.people import a_customer_token, a_staff_token
from tests.shop import Shop

UPDATE = """mutation($input: MessageTemplateUpdateInput!) { messageTemplateUpdate(input: $input) {
    messageTemplate { subject heading body isChanged version } userErrors { code message path } } }"""
RESET = """mutation($input: MessageTemplateResetInput!) { messageTemplateReset(input: $input) {
    messageTemplate { subject isChanged version updatedAt } userErrors { code path } } }"""
PREVIEW = """query($kind: NoticeKind!, $language: LanguageCode!, $words: MessageWordsInput, $orderId: ID) {
    messageTemplatePreview(kind: $kind, language: $language, words: $words, orderId: $orderId) { subject text html } }"""
TEST_SEND = """mutation($input: MessageTemplateTestSendInput!) { messageTemplateTestSend(input: $input) {
    notice { id recipient subject bodyText bodyHtml } userErrors { code path } } }"""
WORDS = {
    "subject": "Order {{ number }}: thanks",
    "heading": "Thanks, {{ name|upper }}",
    "body": "One & <b>.\n\nTwo: {{ total }}.",
}
CONFIRMED = {"kind": "ORDER_CONFIRMED", "language": "en"}


async def changed(shop: Shop, token: str, *, version: int = 0, **words: str) -> dict[str, Any]:
    payload: dict[str, Any] = (
        await shop.data(UPDATE, {"input": {**CONFIRMED, **WORDS, **words, "version": version}}, token=token)
    )["messageTemplateUpdate"]
    return payload


async def test_what_staff_writes_is_what_is_shown_before_and_what_is_sent_byte_for_byte(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    assert (await changed(fresh_shop, token))["messageTemplate"] == {**WORDS, "isChanged": True, "version": 1}
    shopper = fresh_shop.shopper()
    order = await shopper.orders((await fresh_shop.goods(), 1))
    asked = {**CONFIRMED, "orderId": order["id"]}
    before = (await fresh_shop.data(PREVIEW, {**asked, "words": WORDS}, token=token))["messageTemplatePreview"]
    kept = (await fresh_shop.data(PREVIEW, asked, token=token))["messageTemplatePreview"]
    assert kept == before
    async with a_postman(fresh_shop) as postman:
        ports = fresh_shop.api.supplies.ports()
        addresses = replace(postman.tools.addresses, storefront_url=ports.storefront_url)
        postman.tools = replace(postman.tools, seal=ports.seal, addresses=addresses)
        [letter] = await postman.letters(shopper.email)
    assert {"subject": letter.subject, "text": letter.text, "html": letter.html} == before
    assert letter.subject == f"Order {order['number']}: thanks"
    assert letter.text.startswith("Thanks, ADA LOVELACE\n\nHello Ada Lovelace,\n\nOne & <b>.\n\nTwo: €")
    assert "One &amp; &lt;b&gt;." in letter.html


async def test_a_reset_gives_the_shops_own_words_back_and_versions_never_begin_anew(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    await changed(fresh_shop, token)
    stale = (await fresh_shop.data(RESET, {"input": {**CONFIRMED, "version": 0}}, token=token))["messageTemplateReset"]
    assert stale == {"messageTemplate": None, "userErrors": [{"code": "VERSION_CONFLICT", "path": ["input", "version"]}]}
    reset = (await fresh_shop.data(RESET, {"input": {**CONFIRMED, "version": 1}}, token=token))["messageTemplateReset"]
    assert reset["messageTemplate"]["subject"] == "{{ shop }}: your order {{ number }}"
    assert (reset["messageTemplate"]["isChanged"], reset["messageTemplate"]["version"]) == (False, 2)
    assert (await changed(fresh_shop, token, version=0))["userErrors"][0]["code"] == "VERSION_CONFLICT"
    assert (await changed(fresh_shop, token, version=2))["messageTemplate"]["version"] == 3


async def test_of_two_who_change_at_once_one_is_told(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    both = await asyncio.gather(*(changed(fresh_shop, token, heading=f"Heading {each}") for each in range(2)))
    assert sorted(len(each["userErrors"]) for each in both) == [0, 1]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{{ password }}", "There is no variable password"),
        ("{{ shop.__class__ }}", "Getattr is not for them"),
        ("{{ shop['x'] }}", "Getitem is not for them"),
        ("{% for x in shop %}{{ x }}{% endfor %}", "For is not for them"),
        ("{{ 9 ** 9 }}", "Pow is not for them"),
        ("{{ shop() }}", "Call is not for them"),
        ("{% include 'letter.txt.j2' %}", "Include is not for them"),
        ("{% set shop = 1 %}", "Assign is not for them"),
        ("{{ shop|attr('upper') }}", "There are the filters capitalize"),
        ("{{ shop|trim(5) }}", "only `default` takes a value"),
        ("{% if number > 5 %}x{% endif %}", "compared by == and != only"),
        ("{{ shop", "This cannot be read"),
        ("(" * 10 + "{{ " + "(" * 3000, "This cannot be read"),
        ("{{ " + "not " * 900 + "shop }}", "nested too deeply"),
        ("", "There has to be something."),
        ("x" * 4001, "This may have 4000 characters."),
        ("a\x00b", "control characters"),
    ],
)
def test_words_that_could_break_a_letter_or_reach_further_are_refused(body: str, told: str) -> None:
    problem = problem_of(NoticeKind.ORDER_CONFIRMED, Wording(subject="x", heading="x", body=body))
    assert problem is not None
    assert problem.path == ("input", "body")
    assert told in problem.reason


_PIECES = st.sampled_from(
    (
        *(
            "{{ shop }}",
            "{{",
            "}}",
            "{% if shop %}",
            "{% else %}",
            "{% endif %}",
            "{% raw %}",
            "{# ",
            "#}",
            "{{ name|",
            "upper",
        ),
        *(
            "default(1)",
            "title }}",
            "==",
            "'a'",
            "not ",
            "(",
            ")",
            "{{ total if shop }}",
            "{{ 5|trim }}",
            "text ",
            "\n\n",
            ".x",
        ),
    )
)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_whatever_passes_the_check_can_be_filled(body: str) -> None:
    if problem_of(NoticeKind.ORDER_CONFIRMED, Wording(subject="x", heading="x", body=body)) is None:
        filled(body, dict.fromkeys(variables_of(NoticeKind.ORDER_CONFIRMED), ""))


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_words_that_come_with_the_shop_pass_the_check_themselves(kind: NoticeKind) -> None:
    for language in LANGUAGES:
        assert problem_of(kind, default_wording(kind, language)) is None


def test_a_slot_in_words_or_values_is_never_filled_with_anybodys_secret() -> None:
    secrets = OneTimeSecrets([b"k" * 32])
    slot = secrets.slot(new_id())
    for source in (slot, "{{ shop }}", "vitrine-{{ 'secret' }}" + slot.removeprefix("vitrine-secret")):
        assert problem_of(NoticeKind.WELCOME, Wording(subject="x", heading="x", body=source)) is None
        said = filled(source, {"shop": slot})
        assert secrets.filled(said) == said


async def test_a_letter_with_a_secret_keeps_it_whatever_staff_says_around_it(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    said = {"kind": "WELCOME", "language": "en", "subject": "Hi", "heading": "Hi", "body": "Hi {{ name }}", "version": 0}
    assert (await fresh_shop.data(UPDATE, {"input": said}, token=token))["messageTemplateUpdate"]["userErrors"] == []
    async with a_postman(fresh_shop) as postman:
        email = await postman.newcomer()
        letters = await postman.letters(email)
    [welcome] = [each for each in letters if each.subject == "Hi"]
    assert "Hi Ada" in welcome.text
    assert "?token=" in welcome.text
    assert "vitrine-secret" not in welcome.text


async def test_a_message_to_oneself_equals_its_preview_and_is_sent_once_under_a_key(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    preview = (await fresh_shop.data(PREVIEW, CONFIRMED, token=token))["messageTemplatePreview"]
    sent = [
        (await fresh_shop.data(TEST_SEND, {"input": CONFIRMED}, token=token, key="k"))["messageTemplateTestSend"]
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    notice = sent[0]["notice"]
    assert notice["recipient"].startswith("staff-")
    assert {"subject": notice["subject"], "text": notice["bodyText"], "html": notice["bodyHtml"]} == preview
    assert await fresh_shop.rows.fetchval("SELECT count(*) FROM notice") == 1


async def test_messages_to_oneself_are_few_a_minute(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    answers = [
        (await fresh_shop.data(TEST_SEND, {"input": CONFIRMED}, token=token))["messageTemplateTestSend"] for _ in range(11)
    ]
    assert [each["code"] for each in answers[-1]["userErrors"]] == ["TOO_MANY_TEST_SENDS"]
    assert 5 <= await fresh_shop.rows.fetchval("SELECT count(*) FROM notice") <= 10  # a minute may end in between


async def test_every_kind_can_be_looked_at_and_an_order_only_where_it_is_all_that_is_told(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    order = await fresh_shop.shopper().orders((await fresh_shop.goods(), 1))
    writer = fresh_shop.api.supplies.ports().notices.writer
    assert sum(len(writer.media(kind)) for kind in NoticeKind) * len(LANGUAGES) <= TEMPLATES_SHOWN
    for kind in NoticeKind:
        for language, medium in itertools.product(LANGUAGES, writer.media(kind)):
            key = TemplateKey(kind=kind, language=language, medium=medium)
            sample = writer.sample(key, shop_name="Vitrine", wording=None)
            assert (sample.language, "{{" in sample.subject + sample.text) == (language, False)
            assert writer.problem(kind, medium, writer.words(key)) is None
    for name, is_shown in (
        ("STAFF_ORDER_PLACED", True),
        ("REFUNDED", True),
        ("STAFF_REFUND_FAILED", False),
        ("WELCOME", False),
    ):
        body = await fresh_shop.ask(PREVIEW, {"kind": name, "language": "en", "orderId": order["id"]}, token=token)
        if is_shown:
            assert str(order["number"]) in body["data"]["messageTemplatePreview"]["subject"]
        else:
            assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_words_are_for_staff_who_may(fresh_shop: Shop) -> None:
    listing = "{ messageTemplates(kind: WELCOME) { language variables version isChanged updatedAt } }"
    reader = await a_staff_token(fresh_shop, Permission.READ_NOTICES)
    found = (await fresh_shop.data(listing, token=reader))["messageTemplates"]
    blank = {"variables": ["name", "shop"], "version": 0, "isChanged": False, "updatedAt": None}
    assert found == [{"language": language, **blank} for language in ("de", "en")]
    for token, document, variables in (
        (reader, UPDATE, {"input": {**CONFIRMED, **WORDS, "version": 0}}),
        (reader, TEST_SEND, {"input": CONFIRMED}),
        (await a_customer_token(fresh_shop), listing, None),
    ):
        body = await fresh_shop.ask(document, variables, token=token)
        assert body["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    # Without READ_ORDERS no order can be looked at through a preview.
    order = await fresh_shop.shopper().orders((await fresh_shop.goods(), 1))
    body = await fresh_shop.ask(PREVIEW, {**CONFIRMED, "orderId": order["id"]}, token=reader)
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    french = await fresh_shop.ask(PREVIEW, {**CONFIRMED, "language": "fr"}, token=reader)
    assert french["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
