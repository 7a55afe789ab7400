"""How much one request, one document and one caller may ask for; `gateways.settings` reads it with everything else."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LimitValues(BaseModel):
    """Sizes are bytes. What may be asked for in a minute depends on the mode where it is not set."""

    body_bytes_max: int = Field(262_144, ge=1_024)
    header_bytes_max: int = Field(32_768, ge=4_096)
    header_count_max: int = Field(100, ge=20)
    document_tokens_max: int = Field(2_000, ge=100)
    document_depth_max: int = Field(15, ge=5)
    document_fields_max: int = Field(600, ge=50)
    document_aliases_max: int = Field(60, ge=0)
    document_directives_max: int = Field(20, ge=0)
    document_definitions_max: int = Field(50, ge=1)
    operation_cost_max: int = Field(20_000, ge=100)

    requests_per_minute: int | None = Field(None, ge=1)
    cost_per_minute: int | None = Field(None, ge=1)
    mutations_per_minute: int | None = Field(None, ge=1)
    logins_per_minute: int = Field(5, ge=1)
    subscriptions_per_socket: int = Field(20, ge=1)
