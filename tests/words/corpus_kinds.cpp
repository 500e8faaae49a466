#include "words/corpus_kinds.hpp"

#include "words/audio_files.hpp"

namespace vcplay::testing {
namespace {

constexpr const char* kM3u = "#EXTM3U\n#EXTINF:1,Somebody - Something\ntone.wav\nsong.flac\n\ntone.wav\n";
constexpr const char* kPls =
    "[playlist]\nNumberOfEntries=2\nFile1=tone.wav\nTitle1=Somebody - Something\nFile2=song.flac\n";
constexpr const char* kXspf =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">"
    "<trackList><track><location>tone.wav</location><title>Tom &amp; Jerry</title></track>"
    "<track><location>song.flac</location></track></trackList></playlist>\n";
constexpr const char* kCue =
    "PERFORMER Somebody\nFILE \"song.flac\" WAVE\nTRACK 01 AUDIO\nTITLE \"One\"\nINDEX 01 00:00:00\n"
    "TRACK 02 AUDIO\nINDEX 00 00:00:10\nINDEX 01 00:00:12\nFILE \"tone.wav\" WAVE\nTRACK 03 AUDIO\n"
    "INDEX 01 00:00:00\n";

}  // namespace

const std::vector<CorpusKind>& corpus_kinds() {
  static const std::vector<CorpusKind> all = {
      {"mp3", "a.mp3",
       "-f lavfi -i testsrc=s=32x32:d=0.04 -map 0 -map 1 -c:v mjpeg -disposition:v attached_pic -q:a 4"},
      {"flac", "a.flac", ""},
      {"wav", "a.wav", ""},
      {"adpcm", "adpcm.wav", "-c:a adpcm_ms"},
      {"aiff", "a.aiff", ""},
      {"au", "a.au", ""},
      {"vorbis", "a.ogg", "-c:a libvorbis"},
      {"speex", "a.spx", "-ar 16000 -ac 1"},
      {"opus", "a.opus", "-c:a libopus -b:a 96k"},
      {"opus_of_60_ms", "sixty.opus", "-c:a libopus -b:a 32k -frame_duration 60 -application voip"},
      {"opus_of_5_ms", "five.opus", "-c:a libopus -b:a 64k -frame_duration 5"},
      {"webm", "a.webm", "-c:a libopus -b:a 64k"},
      {"opus_in_mp4", "opus.mp4", "-c:a libopus -b:a 64k"},
      {"opus_in_caf", "opus.caf", "-c:a libopus -b:a 64k"},
      {"m4a", "a.m4a", "-c:a aac"},
      {"alac", "alac.m4a", "-c:a alac"},
      {"adts", "a.aac", "-c:a aac"},
      {"matroska", "a.mka", "-c:a flac -cluster_time_limit 100"},
      {"caf", "a.caf", ""},
      {"wma", "a.wma", "-c:a wmav2"},
      {"mpegts", "a.ts", "-c:a aac"},
      {"avi", "a.avi", "-c:a libmp3lame"},
      {"wavpack", "a.wv", ""},
      {"tta", "a.tta", "-af aloop=9:19200"},  // its frames last a second
      {"m3u", "a.m3u", kM3u},
      {"pls", "a.pls", kPls},
      {"xspf", "a.xspf", kXspf},
      {"cue", "a.cue", kCue},
  };
  return all;
}

bool is_list(const CorpusKind& kind) {
  return kind.arguments == kM3u || kind.arguments == kPls || kind.arguments == kXspf ||
         kind.arguments == kCue;
}

std::string make_whole(const CorpusKind& kind) {
  if (is_list(kind)) return write_file(kind.file, kind.arguments);
  return make_file(kind.file,
                   "-f lavfi -i \"aevalsrc=0.4*sin(2*PI*(300+500*t)*t)|0.3*cos(2*PI*(200+800*t)*t):s=48000:"
                   "d=0.4\"",
                   kind.arguments + std::string(" -metadata title=Song"));
}

}  // namespace vcplay::testing
