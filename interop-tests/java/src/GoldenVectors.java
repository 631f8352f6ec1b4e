// SPDX-License-Identifier: Apache-2.0
// Makes golden vectors with kafka-clients: for every message class and version a random message as bytes and
// as JSON, in the format that `barnabas wire check` reads. `GoldenVectors SEED COUNT JAR` prints to stdout.
// Fields of type records are left empty, because Kafka's JSON converters do not show their content.

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.*;
import java.util.jar.JarFile;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.protocol.types.*;

public class GoldenVectors {
    static Random random;

    static Schema[] schemas(Class<?> owner) throws Exception {
        return (Schema[]) owner.getField("SCHEMAS").get(null);
    }

    static String camel(String name) {
        StringBuilder text = new StringBuilder();
        for (String part : name.split("_")) text.append(Character.toUpperCase(part.charAt(0))).append(part.substring(1));
        return text.toString();
    }

    static Method setter(Class<?> owner, String field) {
        String wanted = "set" + camel(field);
        for (Method method : owner.getMethods())
            if (method.getName().equalsIgnoreCase(wanted) && method.getParameterCount() == 1) return method;
        throw new IllegalStateException(owner.getName() + " has no " + wanted);
    }

    static String word() {
        int length = random.nextInt(8) == 0 ? 120 + random.nextInt(20) : random.nextInt(14);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) text.append((char) ('a' + random.nextInt(26)));
        return text.toString();
    }

    static byte[] bytes() {
        byte[] content = new byte[random.nextInt(8) == 0 ? 127 + random.nextInt(3) : random.nextInt(10)];
        random.nextBytes(content);
        return content;
    }

    static long integer(int bits) {
        long value = random.nextLong();
        switch (random.nextInt(4)) {
            case 0: return value << (64 - bits) >> (64 - bits);
            case 1: return random.nextInt(100);
            case 2: return -1;
            default: return (1L << (bits - 1)) - 1 - random.nextInt(3);
        }
    }

    // The value for a field of that wire type; `holder` is what the setter takes.
    static Object value(Type type, java.lang.reflect.Type holder) throws Exception {
        Class<?> raw = holder instanceof ParameterizedType ? (Class<?>) ((ParameterizedType) holder).getRawType()
                                                           : (Class<?>) holder;
        if (type.isNullable() && random.nextInt(4) == 0) return null;
        if (type.isArray()) return array(type, holder, raw);
        if (type instanceof Schema) return filled(raw, (Schema) type);
        if (raw == boolean.class) return random.nextBoolean();
        if (raw == byte.class) return (byte) integer(8);
        if (raw == short.class) return (short) integer(16);
        if (raw == int.class) return type == Type.UINT16 ? random.nextInt(65536) : (int) integer(32);
        if (raw == long.class) return type == Type.UNSIGNED_INT32 ? random.nextInt(1 << 30) * 4L : integer(64);
        if (raw == double.class) return random.nextInt(1000) / 8.0;
        if (raw == String.class) return word();
        if (raw == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
        if (raw == byte[].class) return bytes();
        if (raw == ByteBuffer.class) return ByteBuffer.wrap(bytes());
        return null;  // records and the like
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    static Object array(Type type, java.lang.reflect.Type holder, Class<?> raw) throws Exception {
        Type element = type.arrayElementType().get();
        boolean collection = ImplicitLinkedHashCollectionHolder.is(raw);
        Collection values = collection ? (Collection) raw.getConstructor().newInstance() : new ArrayList<>();
        java.lang.reflect.Type inner = collection ? elementOf(raw) : ((ParameterizedType) holder).getActualTypeArguments()[0];
        Class<?> boxed = inner instanceof Class ? (Class<?>) inner : null;
        java.lang.reflect.Type plain = boxed == Integer.class ? int.class : boxed == Long.class ? long.class
            : boxed == Short.class ? short.class : boxed == Byte.class ? byte.class : inner;
        for (int n = random.nextInt(3); n > 0; n--) values.add(value(element, plain));
        return values;
    }

    static java.lang.reflect.Type elementOf(Class<?> collection) {
        return ((ParameterizedType) collection.getGenericSuperclass()).getActualTypeArguments()[0];
    }

    static class ImplicitLinkedHashCollectionHolder {
        static boolean is(Class<?> raw) {
            return org.apache.kafka.common.utils.ImplicitLinkedHashCollection.class.isAssignableFrom(raw);
        }
    }

    static void set(Object target, String field, Type type) throws Exception {
        if (type.toString().contains("RECORDS") || random.nextInt(5) == 0) return;
        Method method = setter(target.getClass(), field);
        Object content = value(type, method.getGenericParameterTypes()[0]);
        if (content == null && method.getParameterTypes()[0].isPrimitive()) return;
        if (content == null && !type.isNullable()) return;
        method.invoke(target, content);
    }

    static Object filled(Class<?> owner, Schema schema) throws Exception {
        Object target = owner.getConstructor().newInstance();
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields) {
                for (Field tagged : ((TaggedFields) bound.def.type).fields().values())
                    set(target, tagged.name, tagged.type);
            } else {
                set(target, bound.def.name, bound.def.type);
            }
        }
        return target;
    }

    static void print(Class<?> owner, short version, long seed) throws Exception {
        random = new Random(seed * 1_000_003 + owner.getName().hashCode() * 31L + version);
        Schema[] all = schemas(owner);
        Message message = (Message) filled(owner, all[version]);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        Method write = Class.forName(owner.getName() + "JsonConverter").getMethod("write", owner, short.class);
        JsonNode json = (JsonNode) write.invoke(null, message, version);
        short key = message instanceof ApiMessage ? ((ApiMessage) message).apiKey() : -1;
        String name = owner.getSimpleName();
        String kind = name.endsWith("RequestData") ? "request" : name.endsWith("ResponseData") ? "response" : "data";
        name = name.equals("RequestHeaderData") || name.equals("ResponseHeaderData") || kind != "data"
            ? name.substring(0, name.length() - 4) : name;
        if (name.endsWith("Header")) kind = "header";
        System.out.println(String.join("\t", "" + key, kind, name, "" + version, "" + seed,
                                       HexFormat.of().formatHex(buffer.array()), json.toString()));
    }

    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[0]);
        int count = Integer.parseInt(arguments[1]), skipped = 0, printed = 0;
        try (JarFile jar = new JarFile(arguments[2])) {
            List<String> names = new ArrayList<>();
            jar.stream().map(entry -> entry.getName())
                .filter(name -> name.matches("org/apache/kafka/common/message/\\w+\\.class"))
                .forEach(name -> names.add(name.replace('/', '.').substring(0, name.length() - 6)));
            Collections.sort(names);
            for (String name : names) {
                Class<?> owner = Class.forName(name);
                if (!Message.class.isAssignableFrom(owner) || owner.isInterface()) continue;
                Schema[] all = schemas(owner);
                for (short version = 0; version < all.length; version++) {
                    if (all[version] == null) continue;
                    for (int n = 0; n < count; n++) {
                        try {
                            print(owner, version, seed + n);
                            printed++;
                        } catch (InvocationTargetException | NullPointerException problem) {
                            System.err.println(name + " v" + version + ": " + problem.getCause());
                            skipped++;
                        }
                    }
                }
            }
        }
        System.err.println(printed + " vectors, " + skipped + " not made");
        System.exit(skipped * 50 > printed ? 1 : 0);
    }
}
