/* The chat's `msgall` with uWebSockets alone, for the bench: no Python runs while it serves.
 * The library is the one that PyPI's socketify carries, through its C interface. Everyone
 * connected hears all; the sender's name is the number that the bench puts into its text.
 * Usage: uwebsockets_chat PORT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "uwebsockets.h"

static const char room[] = "room";
static uws_app_t *app;

static void joined(uws_websocket_t *client, void *data) {
    (void)data;
    uws_ws_subscribe(0, client, room, sizeof room - 1);
}

static void said(uws_websocket_t *client, const char *text, size_t length, uws_opcode_t opcode, void *data) {
    static time_t second;
    static char clock[16], date[32];
    char frame[512];
    (void)client, (void)data;
    if (length < 12 || length > 256 || memcmp(text, "msgall ^", 8)) return;
    time_t now = time(NULL);
    if (now != second) {
        struct tm local;
        second = now;
        localtime_r(&now, &local);
        strftime(clock, sizeof clock, "%H:%M:%S", &local);
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S+00:00", &local);
    }
    int made = snprintf(frame, sizeof frame,
                        "{\"action\":\"response\",\"kind\":\"chat\",\"message\":\"[%s][u%.3s]: %.*s\",\"from\":\"u%.3s\",\"at\":\"%s\"}",
                        clock, text + 8, (int)length - 7, text + 7, text + 8, date);
    uws_publish(0, app, room, sizeof room - 1, frame, (size_t)made, opcode, false);
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
    app = uws_create_app(0, options);
    uws_socket_behavior_t behaviour = {
        .maxPayloadLength = 64 * 1024,
        .maxBackpressure = 64 * 1024,
        .closeOnBackpressureLimit = true,
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
