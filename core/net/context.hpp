// Makes and destroys contexts of libwebsockets, the home of everything that it does.
#pragma once

struct lws_context;
struct lws_context_creation_info;

namespace vcplay::net {

/// nullptr when there is no memory or no descriptor for one. Any thread.
///
/// The context leaves routes to the kernel. From 4.2 on libwebsockets keeps a table of what netlink says of
/// them; it refuses to connect to where that table names no gateway, and hangs up where an own address has
/// gone. The kernel knows better: a point-to-point link needs no gateway, and an address may be back at once.
/// While the table is empty nobody is judged by it, so the socket that fills it is made silent before it is
/// read for the first time.
[[nodiscard]] lws_context* make_context(const lws_context_creation_info& info);

void destroy_context(lws_context* context);

}  // namespace vcplay::net
