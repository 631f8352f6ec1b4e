// SPDX-License-Identifier: Apache-2.0
// What the matrix's Java programs share: runs the features they are asked for and tells how each
// went, a line of JSON for each (harness.py says the same for Python).

import java.util.Arrays;

class Features {
    interface Run {
        void run(String feature, String topic) throws Exception;
    }

    // The client has no such thing; the message says what it lacks.
    static class Cannot extends RuntimeException {
        Cannot(String why) {
            super(why);
        }
    }

    // `arguments`: BOOTSTRAP PREFIX FEATURE...; a feature's topic is PREFIX.FEATURE.
    static void tell(String[] arguments, Run program) {
        for (String feature : Arrays.copyOfRange(arguments, 2, arguments.length)) {
            String outcome = "pass", detail = "";
            try {
                program.run(feature, arguments[1] + "." + feature);
            } catch (Throwable problem) {
                outcome = problem instanceof Cannot ? "cannot" : "fail";
                detail = problem instanceof Cannot ? problem.getMessage() : String.valueOf(problem);
            }
            System.out.printf("{\"feature\":%s,\"outcome\":%s,\"detail\":%s}%n", quoted(feature), quoted(outcome),
                              quoted(detail));
        }
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char each : text.toCharArray())
            out.append(each == '"' || each == '\\' ? "\\" + each : each < ' ' ? " " : String.valueOf(each));
        return out.append('"').toString();
    }
}
