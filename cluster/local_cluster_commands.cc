// SPDX-License-Identifier: Apache-2.0
// LocalClusterNode's commands: each wraps a decision of the controller, and knows how its answer
// says that it was not carried out.
#include "cluster/local_cluster_command.h"

namespace barnabas::cluster {

namespace {

using std::chrono::milliseconds;

protocol::CreateTopicsResponse failed(const protocol::CreateTopicsRequest& request,
                                      ErrorCode error) {
    protocol::CreateTopicsResponse response;
    for (const auto& topic : request.topics) {
        auto& result = response.topics.emplace_back();
        result.name = Text(topic.name.view());
        result.error_code = error;
        result.error_message.reset();
    }
    return response;
}

protocol::DeleteTopicsResponse failed(const protocol::DeleteTopicsRequest& request,
                                      ErrorCode error) {
    protocol::DeleteTopicsResponse response;
    const auto add = [&](const Text* name, const Uuid& id) {
        auto& result = response.responses.emplace_back();
        result.name.reset();
        if (name != nullptr) result.name = Text(name->view());
        result.topic_id = id;
        result.error_code = error;
        result.error_message.reset();
    };
    for (const Text& name : request.topic_names) add(&name, Uuid{});
    for (const auto& topic : request.topics)
        add(topic.name ? &*topic.name : nullptr, topic.topic_id);
    return response;
}

protocol::CreatePartitionsResponse failed(const protocol::CreatePartitionsRequest& request,
                                          ErrorCode error) {
    protocol::CreatePartitionsResponse response;
    for (const auto& topic : request.topics) {
        auto& result = response.results.emplace_back();
        result.name = Text(topic.name.view());
        result.error_code = error;
        result.error_message.reset();
    }
    return response;
}

protocol::IncrementalAlterConfigsResponse failed(
    const protocol::IncrementalAlterConfigsRequest& request, ErrorCode error) {
    protocol::IncrementalAlterConfigsResponse response;
    for (const auto& resource : request.resources) {
        auto& result = response.responses.emplace_back();
        result.error_code = error;
        result.error_message.reset();
        result.resource_type = resource.resource_type;
        result.resource_name = Text(resource.resource_name.view());
    }
    return response;
}

protocol::AlterConfigsResponse failed(const protocol::AlterConfigsRequest& request,
                                      ErrorCode error) {
    protocol::AlterConfigsResponse response;
    for (const auto& resource : request.resources) {
        auto& result = response.responses.emplace_back();
        result.error_code = error;
        result.error_message.reset();
        result.resource_type = resource.resource_type;
        result.resource_name = Text(resource.resource_name.view());
    }
    return response;
}

protocol::AlterClientQuotasResponse failed(const protocol::AlterClientQuotasRequest& request,
                                           ErrorCode error) {
    protocol::AlterClientQuotasResponse response;
    for (const auto& entry : request.entries) {
        auto& result = response.entries.emplace_back();
        result.error_code = error;
        result.error_message.reset();
        for (const auto& part : entry.entity) {
            auto& told = result.entity.emplace_back();
            told.entity_type = Text(part.entity_type.view());
            told.entity_name.reset();
            if (part.entity_name) told.entity_name = Text(part.entity_name->view());
        }
    }
    return response;
}

protocol::AlterUserScramCredentialsResponse failed(
    const protocol::AlterUserScramCredentialsRequest& request, ErrorCode error) {
    protocol::AlterUserScramCredentialsResponse response;
    const auto add = [&](const Text& user) {
        auto& result = response.results.emplace_back();
        result.user = Text(user.view());
        result.error_code = error;
        result.error_message.reset();
    };
    for (const auto& deletion : request.deletions) add(deletion.name);
    for (const auto& upsertion : request.upsertions) add(upsertion.name);
    return response;
}

protocol::UpdateFeaturesResponse failed(const protocol::UpdateFeaturesRequest&, ErrorCode error) {
    protocol::UpdateFeaturesResponse response;
    response.error_code = error;
    response.error_message.reset();
    return response;
}

protocol::UnregisterBrokerResponse failed(const protocol::UnregisterBrokerRequest&,
                                          ErrorCode error) {
    protocol::UnregisterBrokerResponse response;
    response.error_code = error;
    response.error_message.reset();
    return response;
}

}  // namespace

// Queues what `decide(context, request)` is to decide; its answer, or one that says for everything
// asked why it was not carried out.
template <class Response, class Request, class DecideAnswer>
Task<Response> LocalClusterNode::command(Request request, DecideAnswer decide_answer,
                                         milliseconds timeout) {
    Response response;
    auto decide = [&request, &response, &decide_answer](const DecideContext& context) {
        auto decision = decide_answer(context, request);
        response = std::move(decision.response);
        return std::move(decision.records);
    };
    auto submitting = submit(std::move(decide), timeout, false);
    const ErrorCode error = co_await std::move(submitting);
    if (error != ErrorCode::none) response = failed(request, error);
    co_return response;
}

Task<protocol::CreateTopicsResponse> LocalClusterNode::create_topics(
    protocol::CreateTopicsRequest request, int16_t version) {
    const milliseconds timeout(request.timeout_ms);
    auto decide = [version](const DecideContext& context,
                            const protocol::CreateTopicsRequest& asked) {
        return decide_create_topics(context, asked, version);
    };
    return command<protocol::CreateTopicsResponse>(std::move(request), decide, timeout);
}

Task<protocol::DeleteTopicsResponse> LocalClusterNode::delete_topics(
    protocol::DeleteTopicsRequest request, int16_t version) {
    const milliseconds timeout(request.timeout_ms);
    auto decide = [version](const DecideContext& context,
                            const protocol::DeleteTopicsRequest& asked) {
        return decide_delete_topics(context, asked, version);
    };
    return command<protocol::DeleteTopicsResponse>(std::move(request), decide, timeout);
}

Task<protocol::CreatePartitionsResponse> LocalClusterNode::create_partitions(
    protocol::CreatePartitionsRequest request, int16_t) {
    const milliseconds timeout(request.timeout_ms);
    return command<protocol::CreatePartitionsResponse>(std::move(request), decide_create_partitions,
                                                       timeout);
}

Task<protocol::IncrementalAlterConfigsResponse> LocalClusterNode::incremental_alter_configs(
    protocol::IncrementalAlterConfigsRequest request, int16_t) {
    return command<protocol::IncrementalAlterConfigsResponse>(
        std::move(request), decide_alter_configs, options_.default_timeout);
}

Task<protocol::AlterConfigsResponse> LocalClusterNode::alter_configs(
    protocol::AlterConfigsRequest request, int16_t) {
    return command<protocol::AlterConfigsResponse>(std::move(request), decide_replace_configs,
                                                   options_.default_timeout);
}

Task<protocol::AlterClientQuotasResponse> LocalClusterNode::alter_client_quotas(
    protocol::AlterClientQuotasRequest request, int16_t) {
    return command<protocol::AlterClientQuotasResponse>(
        std::move(request), decide_alter_client_quotas, options_.default_timeout);
}

Task<protocol::AlterUserScramCredentialsResponse> LocalClusterNode::alter_user_scram_credentials(
    protocol::AlterUserScramCredentialsRequest request, int16_t) {
    return command<protocol::AlterUserScramCredentialsResponse>(
        std::move(request), decide_alter_scram_credentials, options_.default_timeout);
}

Task<protocol::UpdateFeaturesResponse> LocalClusterNode::update_features(
    protocol::UpdateFeaturesRequest request, int16_t version) {
    const milliseconds timeout(request.timeout_ms);
    auto decide = [version](const DecideContext& context,
                            const protocol::UpdateFeaturesRequest& asked) {
        return decide_update_features(context, asked, version);
    };
    return command<protocol::UpdateFeaturesResponse>(std::move(request), decide, timeout);
}

Task<protocol::UnregisterBrokerResponse> LocalClusterNode::unregister_broker(
    protocol::UnregisterBrokerRequest request) {
    return command<protocol::UnregisterBrokerResponse>(std::move(request), decide_unregister_broker,
                                                       options_.default_timeout);
}

Task<Result<ProducerIdBlock>> LocalClusterNode::allocate_producer_ids() {
    Result<ProducerIdBlock> block = fail(ErrorCode::not_controller, "producer ids");
    auto decide = [&block](const DecideContext& context) {
        auto decision = decide_allocate_producer_ids(context);
        block = decision.response;
        return std::move(decision.records);
    };
    auto submitting = submit(std::move(decide), options_.default_timeout, false);
    const ErrorCode error = co_await std::move(submitting);
    if (error != ErrorCode::none) co_return fail(error, "producer ids");
    co_return block;
}

}  // namespace barnabas::cluster
