import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Reads orders as lines of words, lets clients work in threads, and prints what they took. */
final class Rounds {
    /** An engine that does the work. */
    interface Peer {
        void deploy(String name, String diagram);

        /** The id of a new instance of the process. */
        String start(String key);

        /** Complete the open task of the instance as one of the group; false when none was open. */
        boolean complete(String instance, String group, Map<String, Object> values);
    }

    private static final String[] LANES = {"Kadis", "Sekretaris", "Perencana", "Bidang"};

    private Rounds() {}

    /** Connections for more clients than there are, all open from the beginning. */
    static Counting pool(String url, String user, String password) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername(user);
        config.setPassword(password);
        config.setMaximumPoolSize(24);
        return new Counting(new HikariDataSource(config));
    }

    /** Orders: "instances clients", or "statements": how many each completion of one instance took. */
    static void serve(Peer peer, Counting counting, String diagram, String key) throws Exception {
        peer.deploy("sop.bpmn", Files.readString(Path.of(diagram)));
        System.out.println("ready");
        BufferedReader orders =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            if (line.equals("statements")) {
                System.out.println(counted(peer, counting, key));
                continue;
            }
            String[] words = line.split(" ");
            round(peer, key, Integer.parseInt(words[0]), Integer.parseInt(words[1]));
        }
        System.exit(0);
    }

    private static void round(Peer peer, String key, int instances, int clients) throws Exception {
        List<String> begun = new ArrayList<>();
        for (int i = 0; i < instances; i++) begun.add(peer.start(key));
        List<List<Long>> taken = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        CountDownLatch gate = new CountDownLatch(1);
        for (int client = 0; client < clients; client++) {
            List<Long> own = new ArrayList<>();
            taken.add(own);
            int number = client;
            Thread thread = new Thread(() -> {
                try {
                    gate.await();
                } catch (InterruptedException stopped) {
                    return;
                }
                for (int i = number; i < begun.size(); i += clients) all(peer, begun.get(i), own);
            });
            thread.start();
            threads.add(thread);
        }
        long since = System.nanoTime();
        gate.countDown();
        for (Thread thread : threads) thread.join();
        long elapsed = System.nanoTime() - since;
        StringBuilder answer = new StringBuilder().append(elapsed);
        for (List<Long> own : taken) for (long each : own) answer.append(' ').append(each);
        System.out.println(answer);
    }

    private static void all(Peer peer, String instance, List<Long> taken) {
        for (int step = 0; ; step++) {
            Map<String, Object> values = submission(step);
            long since = System.nanoTime();
            if (!peer.complete(instance, LANES[step % LANES.length], values)) return;
            taken.add(System.nanoTime() - since);
        }
    }

    private static String counted(Peer peer, Counting counting, String key) {
        String instance = peer.start(key);
        StringBuilder answer = new StringBuilder();
        for (int step = 0; ; step++) {
            counting.begin();
            boolean isDone = peer.complete(instance, LANES[step % LANES.length], submission(step));
            int count = counting.end();
            if (!isDone) return answer.toString().strip();
            answer.append(' ').append(count);
        }
    }

    private static Map<String, Object> submission(int step) {
        Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < 5; i++) {
            values.put("langkah_" + (step + 1) + "_isian_" + i, "isian contoh " + i);
        }
        return values;
    }
}
