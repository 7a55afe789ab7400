"""What can be said to log in, go on, change a password and log out."""

from __future__ import annotations

import strawberry

from domain.access.model import EMAIL_LENGTH_MAX, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN


@strawberry.input(name="TokenCreateInput", description="A log-in, of customers and staff alike.")
class TokenCreateInput:
    email: str = strawberry.field(description=f"The e-mail address of the account, {EMAIL_LENGTH_MAX} characters at most.")
    password: str = strawberry.field(description=f"The password, {PASSWORD_LENGTH_MAX} characters at most.")
    cart_id: strawberry.ID | None = strawberry.field(
        default=None, description="The secret id of the cart filled before logging in; it becomes the customer's."
    )


@strawberry.input(name="TokenRefreshInput", description="A session to go on with.")
class TokenRefreshInput:
    refresh_token: str | None = strawberry.field(
        default=None,
        description=(
            "The latest refresh token of the session. It can be used once; its answer can be asked for again within "
            "10 seconds, in case it was lost. Later the session ends, because somebody else must have the token. "
            "Left out by who has it in a cookie."
        ),
    )


@strawberry.input(name="TokenRevokeInput", description="A session to end.")
class TokenRevokeInput:
    refresh_token: str | None = strawberry.field(
        default=None, description="Any refresh token of the session; without one, the session of this request ends."
    )


@strawberry.input(name="SessionEndInput", description="A log-in on another device to end.")
class SessionEndInput:
    id: strawberry.ID = strawberry.field(description="The session's id; one of your own.")


@strawberry.input(name="PasswordChangeInput", description="A new password instead of the present one.")
class PasswordChangeInput:
    current_password: str = strawberry.field(description="The present password.")
    new_password: str = strawberry.field(
        description=(
            f"The new one, {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters that take more than 100 million guesses."
        )
    )


@strawberry.input(name="EmailVerificationResendInput", description="Who wants another letter.")
class EmailVerificationResendInput:
    email: str = strawberry.field(description=f"The address to be verified, {EMAIL_LENGTH_MAX} characters at most.")


@strawberry.input(name="EmailVerifyInput", description="An address to be verified.")
class EmailVerifyInput:
    token: str = strawberry.field(description="The secret of the letter, 43 characters.")


@strawberry.input(name="PasswordResetRequestInput", description="Who wants to set a new password.")
class PasswordResetRequestInput:
    email: str = strawberry.field(description=f"The address of the account, {EMAIL_LENGTH_MAX} characters at most.")


@strawberry.input(name="PasswordResetInput", description="A new password instead of a forgotten one.")
class PasswordResetInput:
    token: str = strawberry.field(description="The secret of the letter, 43 characters.")
    new_password: str = strawberry.field(
        description=(
            f"The new one, {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters that take more than 100 million guesses."
        )
    )


@strawberry.input(name="EmailChangeRequestInput", description="Another address to log in with.")
class EmailChangeRequestInput:
    email: str = strawberry.field(description=f"The new address, {EMAIL_LENGTH_MAX} characters at most.")
    password: str = strawberry.field(description="The present password.")


@strawberry.input(name="EmailChangeConfirmInput", description="The answer of one of the two mailboxes.")
class EmailChangeConfirmInput:
    token: str = strawberry.field(description="The secret of the letter, 43 characters.")
