/* The part of uWebSockets' C interface that the peers of the benches use, as PyPI's socketify
 * carries it; its own header wants those of libuv. */

#include <stdbool.h>
#include <stddef.h>

typedef struct uws_app uws_app_t;
typedef struct uws_websocket uws_websocket_t;
typedef struct socketify_loop socketify_loop;
typedef int uws_opcode_t;
struct us_socket_context_options_t {
    const char *files[6];
    int ssl_prefer_low_memory_usage;
};
typedef struct {
    int compression;
    unsigned int maxPayloadLength;
    unsigned short idleTimeout;
    unsigned int maxBackpressure;
    bool closeOnBackpressureLimit;
    bool resetIdleTimeoutOnSend;
    bool sendPingsAutomatically;
    unsigned short maxLifetime;
    void *upgrade;
    void (*open)(uws_websocket_t *, void *);
    void (*message)(uws_websocket_t *, const char *, size_t, uws_opcode_t, void *);
    void *drain, *ping, *pong, *close, *subscription;
} uws_socket_behavior_t;
typedef struct {
    int port;
    const char *host;
    int options;
} uws_app_listen_config_t;

socketify_loop *socketify_create_loop(void);
void *socketify_get_native_loop(socketify_loop *);
int socketify_loop_run(socketify_loop *, int mode);
void *uws_get_loop_with_native(void *);
uws_app_t *uws_create_app(int ssl, struct us_socket_context_options_t);
void uws_app_listen(int ssl, uws_app_t *, int port, void (*listening)(void *, uws_app_listen_config_t, void *), void *);
void uws_ws(int ssl, uws_app_t *, const char *pattern, uws_socket_behavior_t, void *);
bool uws_ws_subscribe(int ssl, uws_websocket_t *, const char *topic, size_t length);
bool uws_publish(int ssl, uws_app_t *, const char *topic, size_t topic_length,
                 const char *message, size_t length, uws_opcode_t, bool compress);
bool uws_ws_publish_with_options(int ssl, uws_websocket_t *, const char *topic, size_t topic_length,
                                 const char *message, size_t length, uws_opcode_t, bool compress);
