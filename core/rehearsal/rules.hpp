// Every rule that the rehearsal enforces, each with the stable word under which the report names its breach.
#pragma once

#include <cstdint>
#include <string_view>

namespace vcplay::rehearsal {

/// What an account can do wrong.
enum class Rule : std::uint8_t {
  // REST
  rest_user_agent,
  rest_token,
  rest_route,
  rest_body,
  // main gateway
  gateway_version,
  gateway_undecodable,
  gateway_too_large,
  gateway_rate,
  gateway_unknown_opcode,
  gateway_before_identify,
  gateway_identified_twice,
  gateway_identify_fields,
  gateway_token,
  gateway_shard,
  gateway_intents,
  gateway_identify_too_soon,
  gateway_identify_instead_of_resume,
  gateway_resume_fields,
  gateway_resume_sequence,
  gateway_resume_refused,
  gateway_resume_url,
  gateway_heartbeat_sequence,
  gateway_heartbeat_missed,
  gateway_voice_state_fields,
  left_without_leave,
  // voice gateway
  voice_version,
  voice_undecodable,
  voice_unknown_opcode,
  voice_before_identify,
  voice_identified_twice,
  voice_identify_fields,
  voice_token,
  voice_session,
  voice_heartbeat_fields,
  voice_heartbeat_sequence,
  voice_heartbeat_missed,
  voice_binary,
  voice_resume_fields,
  voice_resume_sequence,
  select_protocol_fields,
  select_protocol_order,
  select_protocol_address,
  select_protocol_mode,
  no_discovery,
  speaking_fields,
  speaking_ssrc,
  speaking_order,
  speaking_unchanged,
  speaking_priority,
  speaking_not_ended,
  // end-to-end encryption, on the voice gateway
  dave_not_offered,
  dave_opcode_order,
  dave_fields,
  dave_key_package,
  dave_key_package_missing,
  dave_commit,
  dave_welcome,
  dave_commit_missing,
  dave_ready,
  dave_ready_missing,
  dave_refused,
  // media
  discovery_malformed,
  discovery_ssrc,
  packet_malformed,
  packet_too_large,
  packet_before_session,
  packet_after_session,
  unknown_ssrc,
  wrong_source_address,
  wrong_payload_type,
  marker_set,
  bad_tag,
  repeated_nonce,
  wrong_sequence,
  wrong_timestamp,
  audio_before_speaking,
  audio_while_not_speaking,
  burst,
  missing_silence,
  opus_duration,
  opus_undecodable,
  plaintext_in_encrypted_call,
  undecryptable,
  repeated_frame_nonce,
  early_key,
  late_key,
  count_of_rules,
};

/// For example "audio-before-speaking".
[[nodiscard]] std::string_view word(Rule rule) noexcept;

}  // namespace vcplay::rehearsal
