import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Statement;
import javax.sql.DataSource;

/** A pool whose statements are counted while it is told to; a batch of one statement is one. */
final class Counting {
    private final DataSource pool;
    private volatile boolean isCounting;
    private int count;

    Counting(DataSource pool) {
        this.pool = pool;
    }

    /** What the engine is given; out of a count it hands out the pool's own connections. */
    DataSource dataSource() {
        return wrapped(DataSource.class, pool);
    }

    void begin() {
        count = 0;
        isCounting = true;
    }

    int end() {
        isCounting = false;
        return count;
    }

    private <T> T wrapped(Class<T> kind, Object real) {
        return kind.cast(Proxy.newProxyInstance(
                Counting.class.getClassLoader(),
                new Class<?>[] {kind},
                (proxy, method, arguments) -> called(real, method, arguments)));
    }

    private Object called(Object real, Method method, Object[] arguments) throws Throwable {
        if (isCounting && real instanceof Statement && method.getName().startsWith("execute")) {
            count++;
        }
        Object result;
        try {
            result = method.invoke(real, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
        if (!isCounting) return result;
        boolean opensConnection = real instanceof DataSource && result instanceof Connection;
        boolean opensStatement = real instanceof Connection && result instanceof Statement;
        return opensConnection || opensStatement ? wrapped(method.getReturnType(), result) : result;
    }
}
