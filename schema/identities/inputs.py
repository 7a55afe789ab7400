"""What can be said to log in at other providers, and to link and unlink them."""

from __future__ import annotations

import strawberry

from domain.identities.model import Returned
from schema.factors.inputs import ReauthenticationInput

_PROVIDER = "The provider's name, one of `authProviders`."
_REDIRECT = "The page that the browser is to come back to; one of those that the shop has listed, to the letter."


@strawberry.input(name="SocialLoginStartInput", description="A log-in at another provider.")
class SocialLoginStartInput:
    provider: str = strawberry.field(description=_PROVIDER)
    redirect_url: str = strawberry.field(description=_REDIRECT)


@strawberry.input(name="SocialLoginReturnInput", description="What came back with the browser.")
class SocialLoginReturnInput:
    state: str = strawberry.field(description="The parameter `state` of the page it came back to.")
    code: str = strawberry.field(description="The parameter `code` of that page.")
    browser_secret: str = strawberry.field(description="What this browser was given when it was sent.")


@strawberry.input(name="SocialLoginCompleteInput", description="What came back with the browser, and its cart.")
class SocialLoginCompleteInput(SocialLoginReturnInput):
    cart_id: strawberry.ID | None = strawberry.field(
        default=None, description="The secret id of the cart filled before logging in; it becomes the customer's."
    )


@strawberry.input(name="IdentityLinkStartInput", description="A provider to link, and proof that it is you.")
class IdentityLinkStartInput(ReauthenticationInput):
    provider: str = strawberry.field(description=_PROVIDER)
    redirect_url: str = strawberry.field(description=_REDIRECT)


@strawberry.input(name="IdentityLinkCompleteInput", description="What came back with the browser.")
class IdentityLinkCompleteInput(SocialLoginReturnInput):
    pass


@strawberry.input(name="IdentityUnlinkInput", description="A link to cut, and proof that it is you.")
class IdentityUnlinkInput(ReauthenticationInput):
    id: strawberry.ID = strawberry.field(description="The identity's id; one of your own.")


def returned(said: SocialLoginReturnInput) -> Returned:
    """What came back, as the domain takes it."""
    return Returned(state=said.state, code=said.code, browser_secret=said.browser_secret)
