//! What the operator may do: whoever has the server's own process and folder.
//!
//! Owns: the capability, and the calls that administer.
//! Promises: each of them takes an [`Operator`], which only [`Service::start`] makes. Who is given the service alone, as the
//! gateway is, has none.
//! Not here: how an operator proves who they are. Today it is by having started the process, or by the admin socket, which only the
//! process's user can open (the binary).

use hongyan_protocol::{UserId, UserProfile};
use hongyan_store::{CreateUserError, NewUser};

use crate::names::{check_length, check_name, check_new_login};
use crate::{Service, ServiceError, SignedIn, limits, wire};

/// The right to administer. Whoever assembles the service has it, and hands it only to what acts for the operator.
///
/// ```compile_fail
/// // Nobody else makes one.
/// let operator = hongyan_service::Operator { _made_here: () };
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    _made_here: (),
}

impl Operator {
    /// For the start of a service, and nothing else.
    pub(crate) const fn of_a_service_that_starts() -> Self {
        Self { _made_here: () }
    }
}

/// A user to be added.
pub struct AddUser {
    /// A wished id.
    pub id: Option<UserId>,
    /// The login name.
    pub login: String,
    /// The display name.
    pub name: String,
    /// The picture.
    pub avatar: Option<String>,
    /// The password.
    pub password: String,
}

impl Service {
    /// Adds a user.
    pub async fn add_user(
        &self,
        operator: &Operator,
        user: AddUser,
    ) -> Result<UserProfile, ServiceError> {
        check_length("password", &user.password, limits::PASSWORD_BYTES)?;
        self.add_user_with_any_password(operator, user).await
    }

    /// Adds a user whose password may be as short as the demo's. For `--demo` and tests.
    pub async fn add_user_with_any_password(
        &self,
        _operator: &Operator,
        user: AddUser,
    ) -> Result<UserProfile, ServiceError> {
        check_new_login(&user.login)?;
        check_name(&user.name)?;
        check_length(
            "avatar",
            user.avatar.as_deref().unwrap_or(""),
            0..=limits::AVATAR_BYTES,
        )?;
        let hash = self.hash_password(&user.login, &user.password);
        let password_hash = hash.await?;
        let new = NewUser {
            id: user.id,
            login: user.login,
            name: user.name,
            avatar: user.avatar,
            password_hash,
            created_at: self.clock.now(),
        };
        match self.store.create_user(new).await {
            Ok(user) => Ok(wire::profile(&user)),
            Err(CreateUserError::LoginTaken) => {
                Err(ServiceError::BadRequest("the login name is taken".into()))
            }
            Err(CreateUserError::IdTaken) => {
                Err(ServiceError::BadRequest("the id is taken".into()))
            }
            Err(CreateUserError::Store(error)) => Err(error.into()),
        }
    }

    /// Sets a user's password and signs all of the user's devices out.
    pub async fn set_password(
        &self,
        _operator: &Operator,
        login: &str,
        password: &str,
    ) -> Result<(), ServiceError> {
        check_length("password", password, limits::PASSWORD_BYTES)?;
        let known = self
            .store
            .credentials(login)
            .await?
            .ok_or(ServiceError::UserNotFound)?;
        self.replace_password(known.user, password, None).await
    }

    /// A page of all users with their login names, by id.
    pub async fn list_users(
        &self,
        _operator: &Operator,
        after: UserId,
    ) -> Result<Vec<UserProfile>, ServiceError> {
        let users = self.store.list_users(after, limits::USERS_PAGE).await?;
        Ok(users.iter().map(wire::profile).collect())
    }

    /// Opens a session for a user without a password.
    pub async fn open_session(
        &self,
        _operator: &Operator,
        user: UserId,
        device: String,
        client: Option<String>,
    ) -> Result<SignedIn, ServiceError> {
        self.begin_session(user, device, client).await
    }
}
