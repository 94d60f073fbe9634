"""An album as a ZIP by zipstream-ng and aiohttp, as their manuals do it."""

import sys

from aiohttp import web
from zipstream import ZipStream

ALBUM, PORT = sys.argv[1], int(sys.argv[2])


async def archive(request):
    stream = ZipStream.from_path(ALBUM, sized=True)
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Content-Length": str(len(stream)),
        }
    )
    await response.prepare(request)
    for chunk in stream:
        await response.write(chunk)
    return response


app = web.Application()
app.add_routes([web.get("/album.zip", archive)])
web.run_app(app, host="127.0.0.1", port=PORT, print=None, access_log=None)
