// The doors through which libwebsockets calls into this room. Only .cpp files of this room include it.
#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <cstdint>

namespace vcplay::net {

int verify_callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size);
int client_callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size);
int watch_callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size);
int server_callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size);

// Protocol names by which connections find their callback. libwebsockets keeps the pointers.
inline constexpr const char* kVerifyProtocol = "verify";
inline constexpr const char* kClientProtocol = "client";
inline constexpr const char* kWatchProtocol = "watch";
inline constexpr const char* kServerProtocol = "server";

/// Forgets the owner of `wsi` and closes it on the loop's next turn, without a word to the peer.
inline void kill_quietly(lws* wsi) noexcept {
  lws_set_opaque_user_data(wsi, nullptr);
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/// What a call from libwebsockets is about, and so what may be answered.
enum class About : std::uint8_t {
  /// Nothing of ours. The answer is 0 and `wsi` is not looked at: it may be a stand-in or nothing at all.
  /// Builds differ in what they ask here. Debian 13's asks each vhost whether it may change its list of
  /// descriptors, takes any other answer for a refusal, and aborts over the half of the work left undone.
  something_else,
  /// A connection, whatever is answered: 0.
  news,
  /// A connection, and -1 closes it.
  step,
};

/// A reason that is not listed here, of this version or of a later one, is something_else.
constexpr About what_about(lws_callback_reasons reason) noexcept {
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
    case LWS_CALLBACK_WSI_DESTROY:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    // Told to close there, libwebsockets 4.1 sends a close frame first and meanwhile writes what still
    // arrives past the end of its buffer: a websocket is closed in WRITEABLE or killed.
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RAW_CLOSE_FILE:
      return About::news;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_RAW_RX_FILE:
      return About::step;
    default:
      return About::something_else;
  }
}

}  // namespace vcplay::net
