/* The chatroom stage with uWebSockets alone: no Python runs while it serves.
 * The library is the one that PyPI's socketify carries, through its C interface.
 * Usage: uwebsockets_server PORT */

#include <stdlib.h>

#include "uwebsockets.h"

static const char room[] = "room";

static void joined(uws_websocket_t *client, void *data) {
    (void)data;
    uws_ws_subscribe(0, client, room, sizeof room - 1);
}

static void said(uws_websocket_t *client, const char *text, size_t length, uws_opcode_t opcode, void *data) {
    (void)data;
    uws_ws_publish_with_options(0, client, room, sizeof room - 1, text, length, opcode, false);
}

static void listening(void *socket, uws_app_listen_config_t config, void *data) {
    (void)config, (void)data;
    if (!socket) exit(1);
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    /* An application runs on the loop that the library made for this thread. */
    socketify_loop *loop = socketify_create_loop();
    uws_get_loop_with_native(socketify_get_native_loop(loop));
    struct us_socket_context_options_t options = {0};
    uws_app_t *app = uws_create_app(0, options);
    uws_socket_behavior_t behaviour = {
        .maxPayloadLength = 64 * 1024,
        .maxBackpressure = 1024 * 1024,
        .idleTimeout = 120,
        .sendPingsAutomatically = true,
        .open = joined,
        .message = said,
    };
    uws_ws(0, app, "/*", behaviour, NULL);
    uws_app_listen(0, app, atoi(arguments[1]), listening, NULL);
    socketify_loop_run(loop, 0);
    return 1;
}
