# Everything that vcplay links. The versions asked for are Debian 12's; Debian 13's are built and tested as well: FFmpeg 5.1
# and 7.1, libwebsockets 4.1 and 4.3 (core/net/README.md), OpenSSL 3.0 and 3.5, libopus 1.3 and 1.5, fmt 9 and 10.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS SSL Crypto)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 2 REQUIRED)

pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libswresample libavutil)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)
# Loaded by name, and only for --af: its headers say how, and nothing links it.
pkg_check_modules(AVFILTER REQUIRED libavfilter)
add_library(vcplay_avfilter_headers INTERFACE)
target_include_directories(vcplay_avfilter_headers SYSTEM INTERFACE ${AVFILTER_INCLUDE_DIRS})
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(OPUS REQUIRED IMPORTED_TARGET opus)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(EBUR128 REQUIRED IMPORTED_TARGET libebur128)
# An imported target's headers count as the system's, which libwebsockets' need: later versions shadow names.
pkg_check_modules(LWS REQUIRED IMPORTED_TARGET libwebsockets)
