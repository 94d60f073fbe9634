"""The chat on Twisted, for the comparison: python twisted_chat.py PORT"""

import sys

from chat import Chat
from twisted.internet import protocol, reactor
from twisted.protocols.basic import LineReceiver

chat = Chat(lambda client, line: client.transport.write(line))


class Client(LineReceiver):
    delimiter = b"\n"

    def lineReceived(self, line):
        chat.receive(self, line)

    def connectionLost(self, reason=None):
        chat.gone(self)


reactor.listenTCP(int(sys.argv[1]), protocol.Factory.forProtocol(Client), backlog=4096, interface="127.0.0.1")
reactor.run()
