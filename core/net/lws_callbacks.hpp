// The doors through which libwebsockets calls into this room. Only .cpp files of this room include it.
#pragma once

#include <libwebsockets.h>

#include <cstddef>

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

// The only answer to RECEIVE. Told to close there, libwebsockets 4.1 sends a close frame first and meanwhile
// writes what still arrives past the end of its buffer: a websocket is closed in WRITEABLE or killed.
inline constexpr int kGoOnReading = 0;

/// Forgets the owner of `wsi` and closes it on the loop's next turn, without a word to the peer.
inline void kill_quietly(lws* wsi) noexcept {
  lws_set_opaque_user_data(wsi, nullptr);
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/// True for the calls that concern no connection: they come with a stand-in for one.
inline bool concerns_nobody(lws_callback_reasons reason) noexcept {
  return reason == LWS_CALLBACK_PROTOCOL_INIT || reason == LWS_CALLBACK_PROTOCOL_DESTROY ||
         reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED || reason == LWS_CALLBACK_GET_THREAD_ID ||
         reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS ||
         reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS ||
         reason == LWS_CALLBACK_VHOST_CERT_AGING;
}

}  // namespace vcplay::net
