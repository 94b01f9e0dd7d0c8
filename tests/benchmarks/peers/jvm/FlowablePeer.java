import java.util.Map;
import org.flowable.common.engine.impl.history.HistoryLevel;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.ProcessEngineConfiguration;
import org.flowable.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.flowable.task.api.Task;

/** Flowable: full history, the user authenticated and in the group. */
final class FlowablePeer implements Rounds.Peer {
    private final ProcessEngine engine;

    private FlowablePeer(Counting pool) {
        StandaloneProcessEngineConfiguration configuration =
                new StandaloneProcessEngineConfiguration();
        configuration.setDataSource(pool.dataSource());
        configuration.setDatabaseSchemaUpdate(ProcessEngineConfiguration.DB_SCHEMA_UPDATE_TRUE);
        configuration.setHistoryLevel(HistoryLevel.FULL);
        configuration.setAsyncExecutorActivate(false);
        engine = configuration.buildProcessEngine();
    }

    /** arguments: JDBC URL, user, password, diagram, key of its process. */
    public static void main(String[] arguments) throws Exception {
        Counting pool = Rounds.pool(arguments[0], arguments[1], arguments[2]);
        Rounds.serve(new FlowablePeer(pool), pool, arguments[3], arguments[4]);
    }

    @Override
    public void deploy(String name, String diagram) {
        engine.getRepositoryService().createDeployment().addString(name, diagram).deploy();
    }

    @Override
    public String start(String key) {
        return engine.getRuntimeService().startProcessInstanceByKey(key).getId();
    }

    @Override
    public boolean complete(String instance, String group, Map<String, Object> values) {
        engine.getIdentityService().setAuthenticatedUserId(group.toLowerCase());
        try {
            Task task = engine.getTaskService().createTaskQuery().processInstanceId(instance)
                    .taskCandidateGroup(group).singleResult();
            if (task == null) return false;
            engine.getTaskService().complete(task.getId(), group.toLowerCase(), values);
            return true;
        } finally {
            engine.getIdentityService().setAuthenticatedUserId(null);
        }
    }
}
