// SPDX-License-Identifier: Apache-2.0
// See consumer.h.
#include "cli/client/consumer.h"

#include <algorithm>

#include "cli/client/error_text.h"

namespace barnabas::cli {

namespace {

constexpr int32_t fetch_bytes_max = 50 << 20;
constexpr size_t batch_bytes_max = size_t{1} << 30;
// The last version that names topics.
constexpr int16_t fetch_by_name = 12;
constexpr Nanos pause_after_error = std::chrono::milliseconds(100);

int64_t milliseconds(Nanos time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

protocol::FetchRequest Consumer::request(const std::vector<PartitionName>& partitions,
                                         Nanos wait) const {
    protocol::FetchRequest request;
    request.max_wait_ms = static_cast<int32_t>(milliseconds(wait));
    request.min_bytes = 1;
    request.max_bytes = fetch_bytes_max;
    request.isolation_level = settings_.committed_only ? 1 : 0;
    for (const auto& partition : partitions) {
        const bool same = !request.topics.empty() && request.topics.back().topic == partition.topic;
        if (!same) request.topics.emplace_back().topic = Text(partition.topic);
        auto& item = request.topics.back().partitions.emplace_back();
        item.partition = PartitionIndex(partition.index);
        item.fetch_offset = Offset(positions_.at(partition));
        item.partition_max_bytes = settings_.partition_bytes_max;
    }
    return request;
}

void Consumer::poll(Nanos wait, const Each& each) {
    std::map<Connection*, std::vector<PartitionName>> by_leader;
    for (const auto& [partition, offset] : positions_) {
        try {
            by_leader[&client_.leader(partition.topic, partition.index)].push_back(partition);
        } catch (const Failure& failure) {
            heal(partition, failure.code());
        }
    }
    if (by_leader.empty()) client_.sleep(std::min(wait, pause_after_error));
    const auto leaders = static_cast<int64_t>(std::max<size_t>(by_leader.size(), 1));
    for (auto& [connection, partitions] : by_leader) {
        const Nanos share = wait / leaders;
        const auto answer = client_.ask<protocol::FetchResponse>(
            *connection, request(partitions, share),
            {.extra_time = share, .version_max = fetch_by_name});
        if (answer.error_code != ErrorCode::none)
            throw Failure(answer.error_code, std::string(error_text(answer.error_code)));
        for (const auto& topic : answer.responses)
            for (const auto& partition : topic.partitions)
                if (!take({topic.topic.str(), partition.partition_index.value}, partition, each))
                    return;
    }
}

void Consumer::heal(const PartitionName& name, ErrorCode code) {
    if (code == ErrorCode::offset_out_of_range) {
        const auto found = list_offsets(client_, {name}, settings_.reset_time);
        if (const auto at = found.find(name); at != found.end() && at->second.offset >= 0)
            positions_[name] = at->second.offset;
        return;
    }
    const bool passes = needs_metadata_refresh(code) || is_retriable(code) ||
                        code == ErrorCode::broker_not_available ||
                        code == ErrorCode::network_exception;
    if (!passes) throw Failure(code, fmt::format("{}: {}", name.str(), error_text(code)));
    client_.forget_leaders();
    client_.sleep(pause_after_error);
}

// Aborted transactions begin at the offsets that the answer lists and end at their markers, which
// are among the records: a batch is aborted if its producer has a listed beginning at or before it
// and no marker in between. Batches come in order, so the answer of this fetch is enough.
bool Consumer::is_aborted(const protocol::BatchView& batch, const Partition& partition) const {
    const auto& header = batch.header();
    if (!settings_.committed_only || !header.is_transactional() || !partition.aborted_transactions)
        return false;
    int64_t begin = -1;
    for (const auto& aborted : *partition.aborted_transactions)
        if (aborted.producer_id == header.producer_id &&
            aborted.first_offset <= header.last_offset())
            begin = std::max(begin, aborted.first_offset.value);
    if (begin < 0) return false;
    // A marker of that producer between the beginning and this batch ends the transaction.
    protocol::BatchReader reader(partition.records ? partition.records->view() : Bytes());
    protocol::BatchView other;
    for (auto more = reader.next(other); more && *more; more = reader.next(other)) {
        if (other.base_offset() >= batch.base_offset()) break;
        const auto& marker = other.header();
        if (marker.is_control() && marker.producer_id == header.producer_id &&
            other.base_offset().value > begin)
            return false;
    }
    return true;
}

bool Consumer::take(const PartitionName& name, const Partition& partition, const Each& each) {
    if (partition.error_code != ErrorCode::none) {
        heal(name, partition.error_code);
        return true;
    }
    if (!partition.records) return true;
    protocol::BatchReader reader(partition.records->view());
    protocol::BatchView batch;
    while (true) {
        const auto more = reader.next(batch);
        if (!more)
            throw Failure(more.error().code,
                          fmt::format("{}: the batch at offset {} cannot be "
                                      "read: {}",
                                      name.str(), positions_[name], more.error().where));
        if (!*more) return true;
        bytes_read_ += batch.size();
        const bool skipped = batch.header().is_control() || is_aborted(batch, partition);
        if (!skipped && !take_batch(name, batch, each)) return false;
        positions_[name] = std::max(positions_[name], batch.next_offset().value);
    }
}

bool Consumer::take_batch(const PartitionName& name, const protocol::BatchView& batch,
                          const Each& each) {
    const auto& header = batch.header();
    const auto codec = protocol::codec_of(header.codec_id());
    if (!batch.crc_valid() || !codec)
        throw Failure(ErrorCode::corrupt_message,
                      fmt::format("{}: the batch at offset {} is damaged", name.str(),
                                  batch.base_offset().value));
    const auto bytes = decompressor_.decompress(*codec, batch.records(), batch_bytes_max);
    if (!bytes)
        throw Failure(bytes.error().code,
                      fmt::format("{}: the batch at offset {} does not decompress", name.str(),
                                  batch.base_offset().value));
    protocol::RecordReader records(*bytes, header.record_count);
    protocol::RecordView view;
    for (auto more = records.next(view); more && *more; more = records.next(view)) {
        ConsumedRecord record;
        record.offset = header.base_offset.value + view.offset_delta;
        if (record.offset < positions_[name]) continue;
        record.partition = &name;
        record.timestamp = header.record_timestamp(view.timestamp_delta);
        record.log_append_time =
            header.timestamp_type() == protocol::TimestampType::log_append_time;
        record.leader_epoch = header.partition_leader_epoch.value;
        record.key = view.key;
        record.value = view.value;
        protocol::RecordHeader each_header;
        while (view.headers.next(each_header))
            record.headers.emplace_back(each_header.key, each_header.value);
        positions_[name] = record.offset + 1;
        if (!each(record)) return false;
    }
    return true;
}

}  // namespace barnabas::cli
