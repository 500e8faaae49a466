#include "media/formats.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "media/pipeline.hpp"

namespace vcplay::media {
namespace {

// What holds sound, alone or beside pictures, by FFmpeg's names for it, of any version that we build with.
// What is not here cannot be played: pictures, subtitles, scripts, devices, and whatever opens further files
// or addresses by itself. Such a parser has nothing to win, and a text of a gigabyte becomes several in it.
constexpr std::string_view kPlayed[] = {
    // sound
    "aa", "aac", "aax", "ac3", "ac4", "ace", "acm", "act", "adf", "adp", "ads", "adx", "aea", "afc", "aiff",
    "aix", "alaw", "alp", "amr", "amrnb", "amrwb", "apac", "apc", "ape", "apm", "aptx", "aptx_hd", "argo_asf",
    "argo_brp", "argo_cvg", "ast", "au", "bfstm", "binka", "bit", "boa", "bonk", "brstm", "caf", "codec2",
    "codec2raw", "daud", "dcstr", "derf", "dfpwm", "dsf", "dsicin", "dss", "dts", "dtshd", "ea", "ea_cdata",
    "eac3", "epaf", "evc", "f32be", "f32le", "f64be", "f64le", "flac", "fsb", "fwse", "g722", "g723_1",
    "g726", "g726le", "g729", "g728", "genh", "gsm", "hca", "hcom", "iamf", "iff", "ilbc", "ircam", "iss",
    "kvag", "laf", "lc3", "libgme", "libmodplug", "libopenmpt", "loas", "mca", "mcc", "mlp", "mmf", "mp3",
    "mpc", "mpc8", "msf", "mtaf", "mulaw", "musx", "nistsphere", "nsp", "oma", "osq", "paf", "pp_bnk", "pvf",
    "qcp", "qoa", "redspark", "rka", "rm", "rsd", "rso", "s16be", "s16le", "s24be", "s24le", "s32be", "s32le",
    "s8", "sbc", "scd", "sdns", "sdr2", "sds", "sdx", "shn", "sln", "sol", "sox", "spdif", "s337m", "svag",
    "svs", "tak", "truehd", "tta", "u16be", "u16le", "u24be", "u24le", "u32be", "u32le", "u8", "usm", "vag",
    "vidc", "voc", "vpk", "vqf", "w64", "wady", "wav", "wavarc", "wsaud", "wsd", "wv", "wve", "xa", "xmd",
    "xvag", "xwma",
    // sound beside pictures
    "3dostr", "4xm", "asf", "asf_o", "avi", "avr", "avs", "bethsoftvid", "bfi", "bink", "bmv", "c93", "cdxl",
    "cine", "dhav", "dv", "dxa", "film_cpk", "flv", "gdv", "gxf", "hls", "hnm", "idcin", "ifv", "ipmovie",
    "ivr", "jv", "kux", "live_flv", "lmlm4", "lvf", "lxf", "matroska,webm", "mm", "mods", "moflex",
    "mov,mp4,m4a,3gp,3g2,mj2", "mpeg", "mpegts", "msnwctcp", "mtv", "mv", "mvi", "mxf", "mxg", "nc", "nsv",
    "nut", "nuv", "ogg", "pmp", "psxstr", "pva", "rl2", "roq", "rpl", "sga", "siff", "simbiosis_imx", "smk",
    "smjpeg", "smush", "swf", "thp", "tiertexseq", "tmv", "ty", "vividas", "vivo", "vmd", "wc3movie", "wsvqa",
    "wtv", "xmv", "yop"};

bool is_played(std::string_view format) {
  return std::find(std::begin(kPlayed), std::end(kPlayed), format) != std::end(kPlayed);
}

}  // namespace

const AVInputFormat* find_format(const std::string& name, Cause cause) {
  const AVInputFormat* const format = av_find_input_format(name.c_str());
  if (format == nullptr) {
    throw Error(cause, "FFmpeg has no input format \"" + name + "\" (`ffmpeg -demuxers` lists them)");
  }
  // These open devices, network sockets or numbered files by themselves.
  if ((format->flags & AVFMT_NOFILE) != 0) {
    throw Error(cause, "the input format \"" + name + "\" cannot be read from a file or a pipe");
  }
  if (!is_played(format->name)) throw Error(cause, "the input format \"" + name + "\" is for no sound");
  return format;
}

bool is_raw_pcm(const AVInputFormat& format) {
  const AVClass* type = format.priv_class;
  return type != nullptr &&
         av_opt_find(&type, "sample_rate", nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) != nullptr &&
         av_opt_find(&type, "ch_layout", nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) != nullptr;
}

const std::string& audio_decoders() {
  // Never destroyed: a media thread that had to be left behind may read it while the process exits.
  static const std::string& names = *new std::string([] {
    std::string list = "aac";  // first, so that the log knows our list when it sees it
    void* position = nullptr;
    while (const AVCodec* const codec = av_codec_iterate(&position)) {
      if (codec->type != AVMEDIA_TYPE_AUDIO || av_codec_is_decoder(codec) == 0) continue;
      list.append(",").append(codec->name);
    }
    return list;
  }());
  return names;
}

const std::string& safe_formats() {
  static const std::string& names = *new std::string([] {
    std::string list;
    void* position = nullptr;
    while (const AVInputFormat* const format = av_demuxer_iterate(&position)) {
      if (!is_played(format->name)) continue;
      list.append(list.empty() ? "" : ",").append(format->name);
    }
    return list;
  }());
  return names;
}

void check_format(const std::string& name) { static_cast<void>(find_format(name, Cause::usage)); }

}  // namespace vcplay::media
