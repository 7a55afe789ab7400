"""The failures of editing and importing the catalogue as GraphQL types."""

from __future__ import annotations

from domain.catalog import errors as catalog
from domain.imports import errors as imports
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(catalog.SkuTaken, "Another variant has this SKU.", sku=(str, "The SKU.")),
    error_type(catalog.SlugTaken, "Another thing of the kind has this slug.", slug=(str, "The slug.")),
    error_type(catalog.CategoryCycle, "The category would come to lie below itself."),
    error_type(
        catalog.CategoryNotEmpty,
        "The category still holds something.",
        categories=(int, "Categories right below it."),
        products=(int, "Products in it."),
    ),
    error_type(
        catalog.OptionsTaken,
        "Another variant of the product has the same options.",
        options=(list[str], "The options' values, in order."),
    ),
    error_type(imports.ImportClosed, "The import takes no more parts.", status=(str, "Where the import stands.")),
    error_type(imports.ImportTooLarge, "The uploaded file is too large.", bytes_max=(int, "How many bytes it may have.")),
)
