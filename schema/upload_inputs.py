"""Inputs of the mutations of uploads."""

import strawberry


@strawberry.input(name="CreateChatUploadInput", description="What the client declares about the file to upload.")
class CreateUploadInput:
    filename: str = strawberry.field(description="The name of the file, up to 255 characters. Folders are removed.")
    content_type: str = strawberry.field(
        description="The media type according to the client, or an empty string. Used only if the server does not"
        " recognize the bytes."
    )
    byte_size: int = strawberry.field(description="The exact size of the file in bytes.")
