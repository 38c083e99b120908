//! The demo's users.

use hongyan_protocol::UserId;
use hongyan_service::{AddUser, Service};

/// Everybody's password in the demo: the reason why the demo stays on loopback.
pub const PASSWORD: &str = "1234";

/// Id, login name, display name.
const USERS: [(u64, &str, &str); 3] = [
    (1000, "zhangsan@gmail.com", "张三"),
    (1001, "lisi@gmail.com", "李四"),
    (1002, "wangwu@hotmail.com", "王五"),
];

/// Adds the users that are not there yet.
pub async fn seed(service: &Service) -> anyhow::Result<()> {
    let before_first = UserId::from_trusted(USERS[0].0 - 1);
    let known = service.list_users(before_first).await?;
    for (id, login, name) in USERS {
        if known.iter().any(|user| &*user.login == login) {
            continue;
        }
        let user = AddUser {
            id: Some(UserId::from_trusted(id)),
            login: login.into(),
            name: name.into(),
            avatar: None,
            password: PASSWORD.into(),
        };
        service.add_user_with_any_password(user).await?;
    }
    Ok(())
}
