// An album as a ZIP by archiver and Node's own HTTP server, as their manuals do it.

import http from "node:http";
import { ZipArchive } from "archiver";

const [album, port] = process.argv.slice(2);

http
  .createServer((request, response) => {
    if (request.url !== "/album.zip") {
      response.writeHead(404).end("not found");
      return;
    }
    const archive = new ZipArchive({ store: true });
    archive.on("error", () => response.destroy());
    response.on("close", () => archive.abort());
    response.writeHead(200, { "Content-Type": "application/zip" });
    archive.pipe(response);
    archive.directory(album, false);
    archive.finalize();
  })
  .listen(Number(port), "127.0.0.1");
