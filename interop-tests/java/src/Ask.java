// SPDX-License-Identifier: Apache-2.0
// Any request as JSON, sent to a broker; the answer as JSON. Standard input: lines
// {"to":"host:port","api":N,"version":N,"body":{...},"connection":"name"}; standard output: one
// line each, {"body":{...}} or {"closed":true} or {"timeout":true} or {"error":"..."}.
// "later":true sends without waiting (answered {}); "wait":"name" reads the next answer of that
// connection. Connections live as long as the program.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

public final class Ask {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Connection> CONNECTIONS = new HashMap<>();

    private record Sent(ApiKeys api, short version) {}

    private static final class Connection {
        final Socket socket;
        final DataInputStream in;
        final DataOutputStream out;
        final Queue<Sent> unanswered = new ArrayDeque<>();

        Connection(String address) throws Exception {
            int colon = address.lastIndexOf(':');
            socket = new Socket(address.substring(0, colon),
                                Integer.parseInt(address.substring(colon + 1)));
            socket.setSoTimeout(20_000);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            out = new DataOutputStream(socket.getOutputStream());
        }
    }

    private static ApiMessage read(String className, JsonNode body, short version)
        throws Exception {
        return (ApiMessage) Class.forName(className + "JsonConverter")
            .getMethod("read", JsonNode.class, short.class).invoke(null, body, version);
    }

    private static JsonNode write(ApiMessage message, short version) throws Exception {
        return (JsonNode) Class.forName(message.getClass().getName() + "JsonConverter")
            .getMethod("write", message.getClass(), short.class).invoke(null, message, version);
    }

    // Fields that a question leaves out have their defaults.
    private static void fill(JsonNode defaults, ObjectNode body) {
        defaults.fieldNames().forEachRemaining(name -> {
            if (!body.has(name)) body.set(name, defaults.get(name));
        });
    }

    private static void send(Connection connection, JsonNode question) throws Exception {
        ApiKeys api = ApiKeys.forId(question.get("api").asInt());
        short version = (short) question.get("version").asInt();
        ObjectNode given = (ObjectNode) question.get("body");
        ApiMessage empty = api.messageType.newRequest();
        fill(write(empty, version), given);
        ApiMessage body = read(empty.getClass().getName(), given, version);
        RequestHeaderData header = new RequestHeaderData().setRequestApiKey(api.id)
            .setRequestApiVersion(version).setCorrelationId(7).setClientId("asker");
        short headerVersion = api.requestHeaderVersion(version);
        ByteBuffer headerBytes = MessageUtil.toByteBufferAccessor(header, headerVersion).buffer();
        ByteBuffer bodyBytes = MessageUtil.toByteBufferAccessor(body, version).buffer();
        connection.out.writeInt(headerBytes.remaining() + bodyBytes.remaining());
        connection.out.write(headerBytes.array(), headerBytes.position(), headerBytes.remaining());
        connection.out.write(bodyBytes.array(), bodyBytes.position(), bodyBytes.remaining());
        connection.out.flush();
        connection.unanswered.add(new Sent(api, version));
    }

    private static ObjectNode receive(Connection connection) throws Exception {
        Sent sent = connection.unanswered.remove();
        byte[] frame = new byte[connection.in.readInt()];
        connection.in.readFully(frame);
        ByteBufferAccessor bytes = new ByteBufferAccessor(ByteBuffer.wrap(frame));
        new org.apache.kafka.common.message.ResponseHeaderData(
            bytes, sent.api.responseHeaderVersion(sent.version));
        ApiMessage body = sent.api.messageType.newResponse();
        body.read(bytes, sent.version);
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.set("body", write(body, sent.version));
        return answer;
    }

    private static ObjectNode answer(JsonNode question) {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        String name = question.get("to").asText() + "/"
            + (question.has("connection") ? question.get("connection").asText() : "");
        try {
            if (question.has("wait")) return receive(CONNECTIONS.get(name));
            if (!CONNECTIONS.containsKey(name))
                CONNECTIONS.put(name, new Connection(question.get("to").asText()));
            Connection connection = CONNECTIONS.get(name);
            send(connection, question);
            return question.has("later") ? result : receive(connection);
        } catch (EOFException | SocketException gone) {
            CONNECTIONS.remove(name);
            return result.put("closed", true);
        } catch (SocketTimeoutException late) {
            CONNECTIONS.remove(name);
            return result.put("timeout", true);
        } catch (Exception problem) {
            Throwable cause = problem.getCause() == null ? problem : problem.getCause();
            return result.put("error", cause.toString());
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
            System.out.flush();
        }
    }
}
