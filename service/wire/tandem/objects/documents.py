"""Documents, their versions, and what became of an upload."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from service.actions.documents import Item, Taken
from store.documents import Document, Version
from store.json_values import Json

DocumentStatus = Literal["received", "parsed", "searchable", "failed", "quarantined"]


class DocumentObject(BaseModel):
    """A document, as its newest version describes it.

    `unembedded` of its `passages` are found by their words so far: a large document is searchable before all of its
    vectors are computed, and so many are still to come.
    """

    id: str
    object: Literal["document"] = "document"
    domain: str
    external_id: str
    title: str
    version: int
    status: DocumentStatus
    error: dict[str, str] | None
    media_type: str
    bytes: int
    sha256: str
    metadata: dict[str, Json]
    passages: int
    unembedded: int
    created_at: int
    updated_at: int

    @classmethod
    def of(cls, document: Document, domain: str) -> DocumentObject:
        """Return the object of a record."""
        return cls(
            id=document.id,
            domain=domain,
            external_id=document.external_id,
            title=document.title,
            version=document.version,
            status=document.status,
            error=document.error,
            media_type=document.media_type,
            bytes=document.bytes,
            sha256=document.sha256,
            metadata=document.metadata,
            passages=document.passages,
            unembedded=document.unembedded,
            created_at=document.created_at,
            updated_at=document.updated_at,
        )


class VersionObject(BaseModel):
    """One version of a document."""

    object: Literal["document.version"] = "document.version"
    version: int
    sha256: str
    media_type: str
    bytes: int
    created_at: int

    @classmethod
    def of(cls, version: Version) -> VersionObject:
        """Return the object of a record."""
        return cls(
            version=version.version,
            sha256=version.sha256,
            media_type=version.media_type,
            bytes=version.bytes,
            created_at=version.created_at,
        )


class UploadItem(BaseModel):
    """What became of one item of an upload; `warning` says what is not certain in the text that was read."""

    filename: str | None
    external_id: str
    result: Literal["created", "updated", "unchanged", "failed"]
    document: DocumentObject | None
    error: dict[str, str] | None
    warning: str | None = None

    @classmethod
    def of(cls, item: Item, domain: str) -> UploadItem:
        """Return the object of a record."""
        return cls(
            filename=item.filename,
            external_id=item.external_id,
            result=item.result,
            document=DocumentObject.of(item.document, domain) if item.document else None,
            error=item.error,
            warning=item.warning,
        )


class UploadList(BaseModel):
    """The answer to an upload; `job` names the job that makes the rest searchable."""

    object: Literal["list"] = "list"
    data: list[UploadItem]
    job: str | None

    @classmethod
    def of(cls, taken: Taken, domain: str) -> UploadList:
        """Return the object of a record."""
        return cls(data=[UploadItem.of(item, domain) for item in taken.items], job=taken.job)
