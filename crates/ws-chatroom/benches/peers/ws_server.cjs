// The chatroom stage with Node `ws`, as its README teaches it: node ws_server.cjs PORT
const { WebSocketServer, WebSocket } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 });
server.on('connection', (client) => {
  client.on('error', () => {});
  client.on('message', (data) => {
    for (const other of server.clients) {
      if (other !== client && other.readyState === WebSocket.OPEN) {
        other.send(data, { binary: false });
      }
    }
  });
});
